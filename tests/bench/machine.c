// SPDX-License-Identifier: BSD-2-Clause
#include "machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define UNKNOWN "not readable"

static void read_line(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(out, (int)size, file))
		snprintf(out, size, UNKNOWN);
	out[strcspn(out, "\n")] = '\0';
	if (file)
		fclose(file);
}

static void read_model(char *out, size_t size)
{
	static const char key[] = "model name";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(out, size, UNKNOWN);
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':');

		if (strncmp(line, key, sizeof(key) - 1) != 0 || !value)
			continue;
		value += strspn(value, ": ");
		value[strcspn(value, "\n")] = '\0';
		snprintf(out, size, "%s", value);
		break;
	}
	if (file)
		fclose(file);
}

static void describe(struct machine *machine)
{
	struct utsname name;
	char path[96];

	if (uname(&name))
		memset(&name, 0, sizeof(name));
	snprintf(machine->kernel, sizeof(machine->kernel), "%.60s %.60s", name.release,
		 name.machine);
	read_model(machine->cpu, sizeof(machine->cpu));
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
		 machine->pinned);
	read_line(path, machine->governor, sizeof(machine->governor));
	read_line("/proc/loadavg", machine->load, sizeof(machine->load));
}

int machine_take(struct machine *machine, int cpu, char *why, size_t why_size)
{
	cpu_set_t set;

	machine->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	machine->pinned = cpu < 0 ? machine->cpus - 1 : cpu;
	CPU_ZERO(&set);
	if (machine->pinned < CPU_SETSIZE)
		CPU_SET((size_t)machine->pinned, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		snprintf(why, why_size, "CPU %d: %s", machine->pinned, strerror(errno));
		return -1;
	}
	describe(machine);
	return 0;
}
