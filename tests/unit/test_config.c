// SPDX-License-Identifier: BSD-2-Clause
/* Settings: the defaults, the annotated file against the key table, and files that are wrong. */
#include "base/config.h"
#include "base/config_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES_MAX 65536

/* libconfig 1.5 loses the text of a string that the file's end cuts off. A file is read once per
 * process, so that is all there is to it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\n";
}

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/sluice-config-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void put_file(const void *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static int load(struct config *config, const char *text, char why[static 512])
{
	put_file(text, strlen(text));
	assert_int_equal(config_defaults(config), 0);
	why[0] = '\0';
	return config_load(config, path, why, 512);
}

static char *annotated(size_t *length)
{
	char *text = calloc(1, BYTES_MAX);
	FILE *file = fopen(SLUICED_CONF, "r");

	assert_non_null(text);
	assert_non_null(file);
	*length = fread(text, 1, BYTES_MAX - 1, file);
	assert_true(*length > 0 && *length < BYTES_MAX - 1);
	fclose(file);
	return text;
}

/* "#key = …" loses its '#'; prose has a blank after it. */
static void uncomment(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n\t");
		if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')
			line[0] = ' ';
		if (!*line)
			break;
	}
}

static void assert_same(const struct config *a, const struct config *b)
{
	struct config left = *a, right = *b;

	assert_int_equal(a->region_count, b->region_count);
	for (size_t i = 0; i < a->region_count; i++) {
		assert_string_equal(a->regions[i].id, b->regions[i].id);
		assert_int_equal(a->regions[i].zone_count, b->regions[i].zone_count);
		assert_memory_equal(a->regions[i].zones, b->regions[i].zones,
				    a->regions[i].zone_count * CONFIG_NAME_MAX);
	}
	assert_int_equal(a->pool_count, b->pool_count);
	left.regions = right.regions = NULL;
	left.pools = right.pools = NULL;
	assert_memory_equal(&left, &right, sizeof(left));
}

static void test_defaults(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(config_defaults(&config), 0);
	assert_string_equal(config.socket, "/run/sluice/api.sock");
	assert_string_equal(config.host_id, "sluice");
	assert_int_equal(config.region_count, 1);
	assert_string_equal(config.regions[0].id, "local-1");
	assert_string_equal(config.regions[0].zones[0], "local-1a");
	assert_int_equal(config.timeouts.half_open, 60);
	assert_int_equal(config.timeouts.rebuild_window, 60);
	assert_int_equal(config.tables.services, 20480);
	assert_int_equal(config.quotas.backends, 1000000);
	assert_int_equal(config.quotas.services_per_backend, 8);
	assert_true(config.store_max_bytes == 16ULL << 30);
	assert_false(config.ring_key_set || config.auto_register || config.unmatched_pass);
	config_free(&config);
}

static void test_annotated_as_shipped(void **state)
{
	struct config standard, config;
	size_t length;
	char why[512] = "", *text = annotated(&length);

	(void)state;
	assert_int_equal(config_defaults(&standard), 0);
	if (load(&config, text, why))
		fail_msg("%s", why);
	assert_same(&standard, &config);
	free(text);
	config_free(&standard);
	config_free(&config);
}

static void test_annotated_uncommented(void **state)
{
	struct config standard, config;
	size_t length;
	char why[512] = "", *text = annotated(&length);

	(void)state;
	uncomment(text);
	assert_int_equal(config_defaults(&standard), 0);
	/* What the file says must come from the file: the settings before it are all zero. */
	memset(&config, 0, sizeof(config));
	put_file(text, strlen(text));
	if (config_load(&config, path, why, sizeof(why)))
		fail_msg("%s", why);
	assert_same(&standard, &config);
	free(text);
	config_free(&standard);
	config_free(&config);
}

/* Both ways: a key that the file does not show, and a default that is not the table's. */
static void test_annotated_has_every_key(void **state)
{
	size_t length, count;
	const struct config_key *keys = config_keys(&count);
	char *text = annotated(&length);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *dot = strrchr(keys[i].path, '.');
		const char *name = dot ? dot + 1 : keys[i].path;
		char line[256];

		if (keys[i].owner != CONFIG_OF_DAEMON || !keys[i].standard)
			snprintf(line, sizeof(line), "%s = ", name);
		else
			snprintf(line, sizeof(line), "#%s = %s;", name, keys[i].standard);
		if (!strstr(text, line))
			fail_msg("%s: no \"%s\" in the annotated file", keys[i].path, line);
	}
	free(text);
}

static void test_everything_set(void **state)
{
	static const char text[] =
		"interfaces = [ \"eth0\", \"eth1\" ];\n"
		"socket = \"/tmp/a.sock\"; log_level = \"debug\"; unmatched = \"pass\";\n"
		"ring_key = \"000102030405060708090a0b0c0d0eFF\"; store_max_bytes = 8589934592L;\n"
		"regions = ( { id = \"r1\"; zones = [ \"z1\", \"z2\" ]; },\n"
		"            { id = \"r2\"; zones = [ \"z3\" ]; } );\n"
		"pools = ( { cidr = \"10.1.0.0/24\"; vswitch_id = \"vsw\"; vpc_id = \"vpc\";\n"
		"            zone_id = \"z3\"; },\n"
		"          { range = \"2001:db8::1-2001:db8::ff\"; address_type = \"intranet\"; } "
		");\n"
		"timeouts = { udp = 30; };\n";
	struct config config;
	char why[512], address[ADDRESS_TEXT];

	(void)state;
	if (load(&config, text, why) || config_check(&config, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(config.interface_count, 2);
	assert_string_equal(config.interfaces[1], "eth1");
	assert_string_equal(config.socket, "/tmp/a.sock");
	assert_int_equal(config.log_level, 3);
	assert_true(config.unmatched_pass && config.ring_key_set);
	assert_int_equal(config.ring_key[1], 1);
	assert_int_equal(config.ring_key[15], 0xff);
	assert_true(config.store_max_bytes == 8589934592ULL);
	assert_int_equal(config.region_count, 2);
	assert_string_equal(config.regions[0].zones[1], "z2");
	assert_int_equal(config.pool_count, 2);
	assert_string_equal(address_format(&config.pools[0].range.last, address), "10.1.0.254");
	assert_string_equal(config.pools[0].vpc_id, "vpc");
	assert_int_equal(config.pools[1].address_type, 1);
	assert_int_equal(config.timeouts.udp, 30);
	assert_int_equal(config.timeouts.closing, 15);
	config_free(&config);
}

/* A file that is wrong, and what its sentence must name: line, key, value. */
static const struct {
	const char *text;
	const char *says;
} wrong[] = {
	{ "\nintrefaces = [ \"eth0\" ];", ":2: intrefaces: there is no such key" },
	{ "timeouts = { udp = 30;\n udpp = 1; };", ":2: timeouts.udpp: there is no such key" },
	{ "pools = ( { cidr = \"10.0.0.0/8\"; zome = 1; } );", "pools.zome: there is no such key" },
	{ "socket = 5;", ":1: socket: must be an absolute path in quotes, not 5" },
	{ "socket = \"a.sock\";", "not \"a.sock\"" },
	{ "timeouts = { udp = 0; };",
	  "timeouts.udp: must be a whole number from 1 to 3600, not 0" },
	{ "timeouts = { udp = -1; };", "not -1" },
	{ "timeouts = { udp = 1.5; };", "not 1.5" },
	{ "timeouts = { udp = \"1\"; };", "not \"1\"" },
	{ "timeouts = 5;", "timeouts: must be a group" },
	{ "tables = { flows = 1000; };", "tables.flows: must be a whole number from 262144" },
	{ "tables = { backends = 1048577; };", "not 1048577" },
	{ "tables = {\n backends = 4295032832; };", ":2: a number above 2147483647 needs an L" },
	{ "store_max_bytes = 99999999999999999999L;", ":1: a number is larger than 64 bits" },
	{ "quotas = { services_per_backend = 9; };", "from 1 to 8, not 9" },
	{ "auto_register = 1;", "auto_register: must be true or false, not 1" },
	{ "unmatched = \"reject\";", "must be \"drop\" or \"pass\", not \"reject\"" },
	{ "log_level = true;", "log_level: must be \"error\"" },
	{ "host_id = \"\";", "host_id: must be up to 64" },
	{ "host_id = \"a b\";", "not \"a b\"" },
	{ "host_id = \"a\\nb\";", "not \"a?b\"" },
	{ "ring_key = \"00\";", "ring_key: must be 32 hexadecimal digits" },
	{ "ring_key = \"0102030405060708090a0b0c0d0e0fxy\";", "ring_key: must be 32 hexadecimal" },
	{ "vip_interface = \"sixteen-letters-\";", "not \"sixteen-letters-\"" },
	{ "interfaces = [ \"a/b\" ];", "\"a/b\" can not be the name of an interface" },
	{ "interfaces = \"eth0\";", "interfaces: must be names of interfaces" },
	{ "interfaces = [ 1 ];", "can not be the name of an interface" },
	{ "regions = ();", "regions: must be a list" },
	{ "regions = ( 1 );", "regions: must be a list" },
	{ "regions = ( { id = \"r\"; } );", "the region \"r\" needs its zones" },
	{ "regions = ( { zones = [ \"z\" ]; } );", "a region needs an id" },
	{ "regions = ( { id = \"r\"; zones = []; } );", "regions.zones: must be names of zones" },
	{ "regions = ( { id = \"r\"; zones = [ \"\" ]; } );", "can not be the name of a zone" },
	{ "pools = ( { vswitch_id = \"v\"; } );", "a pool needs a range or a cidr" },
	{ "pools = ( { cidr = \"10.0.0.0/8\"; range = \"10.0.0.1-10.0.0.2\"; } );", "not both" },
	{ "pools = ( { cidr = \"10.0.0.1/8\"; } );", "not \"10.0.0.1/8\"" },
	{ "pools = ( { range = \"10.0.0.9-10.0.0.2\"; } );", "pools.range: must be" },
	{ "socket = \"/a\"; socket = \"/b\";", ":1: duplicate setting name" },
	{ "socket = ", ":1: syntax error" },
	{ "# @include \"a\"\n  @include \"/dev/zero\"\n", ":2: @include is not supported" },
};

static void test_wrong_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config config;
		char why[512];

		if (!load(&config, wrong[i].text, why))
			fail_msg("taken: %s", wrong[i].text);
		if (strncmp(why, path, strlen(path)) || !strstr(why, wrong[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", wrong[i].text, why,
				 wrong[i].says);
		config_free(&config);
	}
}

static void test_hostile_files(void **state)
{
	struct config config;
	char why[512];
	size_t size = (1u << 20) + 1;
	char *big = malloc(size);

	(void)state;
	assert_non_null(big);
	assert_int_equal(config_defaults(&config), 0);
	memset(big, ' ', size);
	put_file(big, size);
	assert_true(config_load(&config, path, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "larger than"));
	memset(big, '(', size - 1);
	memcpy(big, "pools = ", 8);
	put_file(big, size - 1);
	assert_true(config_load(&config, path, why, sizeof(why)) < 0);
	put_file("socket\0 = 5;", 12);
	assert_true(config_load(&config, path, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "zero byte"));
	assert_true(config_load(&config, "/dev/zero", why, sizeof(why)) < 0);
	assert_true(config_load(&config, "/tmp", why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "Is a directory"));
	assert_true(config_load(&config, "/nonexistent/sluiced.conf", why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "/nonexistent/sluiced.conf: cannot be read: No such file"));
	free(big);
	config_free(&config);
}

/* The annotated file with bytes changed at random: refused or taken, never a crash. */
static void test_random_damage(void **state)
{
	unsigned int seed = (unsigned int)getpid();
	size_t length;
	char *text = annotated(&length), *copy = malloc(length);

	(void)state;
	print_message("seed %u\n", seed);
	assert_non_null(copy);
	srandom(seed);
	uncomment(text);
	for (int round = 0; round < 300; round++) {
		struct config config;
		char why[512];

		memcpy(copy, text, length);
		for (int i = 0; i < 4; i++)
			copy[(size_t)random() % length] = (char)random();
		put_file(copy, length);
		assert_int_equal(config_defaults(&config), 0);
		config_load(&config, path, why, sizeof(why));
		config_check(&config, why, sizeof(why));
		config_free(&config);
	}
	free(text);
	free(copy);
}

/* What only config_check sees; `interfaces` is set where the row does not. */
static const struct {
	const char *text;
	const char *says;
} inconsistent[] = {
	{ "interfaces = [];", "interfaces: none is named" },
	{ "interfaces = [ \"a\", \"b\", \"a\" ];", "interfaces: \"a\" is named twice" },
	{ "socket = \"/0123456789012345678901234567890123456789012345678901234567890123456789012345"
	  "6789012345678901234567890123456789\";",
	  "socket: \"/0123" },
	{ "regions = ( { id = \"r\"; zones = [ \"z\" ]; }, { id = \"r\"; zones = [ \"y\" ]; } );",
	  "regions.id: \"r\" is there twice" },
	{ "pools = ( { cidr = \"10.0.0.0/8\"; zone_id = \"zz\"; vswitch_id = \"v\"; } );",
	  "pools.zone_id: \"zz\" is no zone" },
	{ "pools = ( { cidr = \"10.0.0.0/8\"; vpc_id = \"v\"; } );",
	  "stands without a vswitch_id" },
	{ "pools = ( { cidr = \"127.0.0.0/8\"; } );", "not a range of unicast addresses" },
	{ "pools = ( { cidr = \"10.0.0.0/8\"; }, { cidr = \"11.0.0.0/8\"; } );",
	  "pool 2 has the same" },
	{ "tables = { services = 20000; };", "quotas.listeners: 20000 is not below" },
	{ "tables = { vips = 20000; };", "tables.vips: 20000 is less" },
	{ "tables = { backends = 65535; };", "tables.counted_backends: 65536 is more" },
};

static void test_inconsistent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(inconsistent) / sizeof(inconsistent[0]); i++) {
		struct config config;
		char why[512];

		if (load(&config, inconsistent[i].text, why))
			fail_msg("%s", why);
		if (!strstr(inconsistent[i].text, "interfaces"))
			strcpy(config.interfaces[config.interface_count++], "eth0");
		if (!config_check(&config, why, sizeof(why)))
			fail_msg("taken: %s", inconsistent[i].text);
		if (!strstr(why, inconsistent[i].says))
			fail_msg("%s: \"%s\"", inconsistent[i].text, why);
		config_free(&config);
	}
}

/* Options bypass the file's checks. */
static void test_options_are_checked(void **state)
{
	struct config config;
	char why[512];

	(void)state;
	assert_int_equal(config_defaults(&config), 0);
	strcpy(config.interfaces[0], "eth0");
	config.interface_count = 1;
	assert_int_equal(config_check(&config, why, sizeof(why)), 0);
	strcpy(config.store, "relative");
	assert_true(config_check(&config, why, sizeof(why)) < 0);
	assert_string_equal(why, "store: \"relative\" is not an absolute path");
	strcpy(config.store, "/a");
	strcpy(config.interfaces[0], "a b");
	assert_true(config_check(&config, why, sizeof(why)) < 0);
	config_free(&config);
}

static void test_keys_are_printed(void **state)
{
	char *text = NULL;
	size_t length = 0, count;
	const struct config_key *keys = config_keys(&count);
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	config_keys_print(out);
	fclose(out);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(strstr(text, keys[i].path));
		assert_non_null(strstr(text, keys[i].summary));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_annotated_as_shipped),
		cmocka_unit_test(test_annotated_uncommented),
		cmocka_unit_test(test_annotated_has_every_key),
		cmocka_unit_test(test_everything_set),
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_hostile_files),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_inconsistent),
		cmocka_unit_test(test_options_are_checked),
		cmocka_unit_test(test_keys_are_printed),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
