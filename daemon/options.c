// SPDX-License-Identifier: BSD-2-Clause
/* sluiced's command line: it only overrides what the configuration file may also say. */
#include "options.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_CHECK = 256, OPTION_ADOPT };

static const struct argp_option option_table[] = {
	{ "config", 'c', "FILE", 0, "read the configuration from FILE", 0 },
	{ "interface", 'i', "DEV", 0, "attach to DEV (repeatable; overrides the file's list)", 0 },
	{ "socket", 's', "PATH", 0, "listen on the Unix socket PATH", 0 },
	{ "store", 'd', "DIR", 0, "keep the store in DIR", 0 },
	{ "pins", 'p', "DIR", 0, "pin maps and links under DIR, in a bpf file system", 0 },
	{ "check", OPTION_CHECK, NULL, 0, "check the configuration, then exit", 0 },
	{ "adopt", OPTION_ADOPT, NULL, 0,
	  "take over pinned maps that belong to another store, or that an empty store would empty",
	  0 },
	{ 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'c':
		options->config = argument;
		return 0;
	case 'i':
		if (options->interface_count == CONFIG_INTERFACES_MAX)
			argp_error(state, "more than %d interfaces", CONFIG_INTERFACES_MAX);
		options->interfaces[options->interface_count++] = argument;
		return 0;
	case 's':
		options->socket = argument;
		return 0;
	case 'd':
		options->store = argument;
		return 0;
	case 'p':
		options->pins = argument;
		return 0;
	case OPTION_CHECK:
		options->check = true;
		return 0;
	case OPTION_ADOPT:
		options->adopt = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int override_text(char *setting, size_t size, const char *option, const char *value,
			 char *why, size_t why_size)
{
	if (!value)
		return 0;
	if (!value[0] || strlen(value) >= size) {
		snprintf(why, why_size, "--%s: \"%.100s\" is empty or longer than %zu characters",
			 option, value, size - 1);
		return -1;
	}
	snprintf(setting, size, "%s", value);
	return 0;
}

static int apply_options(struct config *config, const struct options *options, char *why,
			 size_t why_size)
{
	if (override_text(config->socket, sizeof(config->socket), "socket", options->socket, why,
			  why_size) ||
	    override_text(config->store, sizeof(config->store), "store", options->store, why,
			  why_size) ||
	    override_text(config->pins, sizeof(config->pins), "pins", options->pins, why, why_size))
		return -1;
	if (options->interface_count)
		config->interface_count = options->interface_count;
	for (size_t i = 0; i < options->interface_count; i++) {
		if (override_text(config->interfaces[i], sizeof(config->interfaces[i]), "interface",
				  options->interfaces[i], why, why_size))
			return -1;
	}
	config->adopt_pins |= options->adopt;
	return 0;
}

int options_settle(const struct options *options, struct config *config, char *why, size_t why_size)
{
	if (config_defaults(config)) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	if (options->config && config_load(config, options->config, why, why_size))
		return -1;
	if (apply_options(config, options, why, why_size))
		return -1;
	return config_check(config, why, why_size);
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "The load balancer daemon: a control API on a Unix socket, forwarding in "
		       "XDP.",
	};

	argp_program_version = "sluiced " SLUICE_VERSION;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
