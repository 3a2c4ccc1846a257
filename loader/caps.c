// SPDX-License-Identifier: GPL-2.0
/* Capabilities by libcap-ng; the bounding and ambient sets by prctl(), one capability at a time. */
#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include <cap-ng.h>

#define CONTROL CAP_MAC_ADMIN

const char *caps__control_name(void)
{
	return "CAP_MAC_ADMIN";
}

bool caps__holds_control(void)
{
	return !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, CONTROL);
}

int caps__drop_control(void)
{
	if (prctl(PR_CAPBSET_READ, CONTROL) == 1 && prctl(PR_CAPBSET_DROP, CONTROL))
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CONTROL, 0, 0) == 1 &&
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CONTROL, 0, 0))
		return -errno;
	if (capng_get_caps_process() ||
	    capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE, CONTROL) ||
	    capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return caps__holds_control() || prctl(PR_CAPBSET_READ, CONTROL) == 1 ? -EPERM : 0;
}
