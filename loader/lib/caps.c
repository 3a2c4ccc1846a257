// SPDX-License-Identifier: GPL-2.0
/* Uses libcap-ng for capabilities, and prctl() for one capability of the bounding and ambient sets. */
#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <cap-ng.h>

#include "tsem.h"

#define CAP_ML 41

/* The number alone is not enough: a later kernel may use it for another capability. */
unsigned int caps__control(void)
{
	return tsem__patched() && prctl(PR_CAPBSET_READ, CAP_ML) >= 0 ? CAP_ML : CAP_MAC_ADMIN;
}

const char *caps__control_name(void)
{
	return caps__control() == CAP_ML ? "CAP_ML" : "CAP_MAC_ADMIN";
}

bool caps__holds_control(void)
{
	return !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, caps__control());
}

int caps__drop_control(void)
{
	unsigned int control = caps__control();

	if (prctl(PR_CAPBSET_READ, control) == 1 && prctl(PR_CAPBSET_DROP, control))
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, control, 0, 0) == 1 &&
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, control, 0, 0))
		return -errno;
	if (capng_get_caps_process() ||
	    capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE, control) ||
	    capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return caps__holds_control() || prctl(PR_CAPBSET_READ, control) == 1 ? -EPERM : 0;
}
