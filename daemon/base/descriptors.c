// SPDX-License-Identifier: BSD-2-Clause
#include "base/descriptors.h"

#include <sys/resource.h>

static uint32_t least(uint32_t wanted, rlim_t limit)
{
	return limit == RLIM_INFINITY || limit > wanted ? wanted : (uint32_t)limit;
}

uint32_t descriptors_raise(uint32_t wanted)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	raised = limit;
	raised.rlim_cur = least(wanted, limit.rlim_max);
	if (limit.rlim_cur < raised.rlim_cur && !setrlimit(RLIMIT_NOFILE, &raised))
		limit = raised;
	return least(wanted, limit.rlim_cur);
}
