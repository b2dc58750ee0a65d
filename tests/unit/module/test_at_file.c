/*
 * Commands of the file system, and the file system under them.
 */
#include "host.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)

static void
write_file(struct host *h, const char *name, const char *data)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "AT+UDWNFILE=\"%s\",%zu\r%s", name,
	    strlen(data), data);
	host_type(h, line);
	host_see(h, ">\r\nOK\r\n");
}

/* Writing again appends. */
static void
test_write_read(void **state)
{
	struct host *h = *state;

	write_file(h, "one.txt", "HELLO");
	host_ask(h, "AT+URDFILE=\"one.txt\"",
	    "\r\n+URDFILE: \"one.txt\",5,\"HELLO\"\r\n\r\nOK\r\n");
	write_file(h, "one.txt", " WORLD");
	host_ask(h, "AT+URDFILE=\"one.txt\",\"USER\"",
	    "\r\n+URDFILE: \"one.txt\",11,\"HELLO WORLD\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+URDBLOCK=\"one.txt\",4,3",
	    "\r\n+URDBLOCK: \"one.txt\",3,\"O W\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+URDBLOCK=\"one.txt\",9,30",
	    "\r\n+URDBLOCK: \"one.txt\",2,\"LD\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+URDBLOCK=\"one.txt\",11,1",
	    "\r\n+URDBLOCK: \"one.txt\",0,\"\"\r\n\r\nOK\r\n");
	host_ask(h, "AT+URDBLOCK=\"one.txt\",12,1", "\r\n+CME ERROR: 1630\r\n");
}

static void
test_empty(void **state)
{
	struct host *h = *state;

	write_file(h, "empty", "");
	host_ask(h, "AT+URDFILE=\"empty\"",
	    "\r\n+URDFILE: \"empty\",0,\"\"\r\n\r\nOK\r\n");
	host_ask(
	    h, "AT+ULSTFILE=2,\"empty\"", "\r\n+ULSTFILE: 0\r\n\r\nOK\r\n");
}

static void
test_list(void **state)
{
	struct host *h = *state;
	char line[64];

	host_ask(h, "AT+ULSTFILE=0", "\r\n+ULSTFILE: \r\n\r\nOK\r\n");
	write_file(h, "b", "12345");
	write_file(h, "a", "1");
	write_file(h, "C", "123");
	host_ask(h, "AT+ULSTFILE=0",
	    "\r\n+ULSTFILE: \"C\",\"a\",\"b\"\r\n\r\nOK\r\n");
	host_ask(
	    h, "AT+ULSTFILE", "\r\n+ULSTFILE: \"C\",\"a\",\"b\"\r\n\r\nOK\r\n");
	(void)snprintf(line, sizeof(line), "\r\n+ULSTFILE: %u\r\n\r\nOK\r\n",
	    FILES_SIZE_MAX - 9);
	host_ask(h, "AT+ULSTFILE=1", line);
	host_ask(h, "AT+ULSTFILE=2,\"b\"", "\r\n+ULSTFILE: 5\r\n\r\nOK\r\n");
	host_ask(h, "AT+ULSTFILE=2,\"d\"", "\r\n+CME ERROR: 1612\r\n");
	host_ask(h, "AT+ULSTFILE=3", "\r\n+CME ERROR: 50\r\n");
}

static void
test_delete(void **state)
{
	struct host *h = *state;

	write_file(h, "a", "1");
	host_ask(h, "AT+UDELFILE=\"a\"", "\r\nOK\r\n");
	host_ask(h, "AT+UDELFILE=\"a\"", "\r\n+CME ERROR: 1612\r\n");
	host_ask(h, "AT+URDFILE=\"a\"", "\r\n+CME ERROR: 1612\r\n");
}

/* No name leads out of the folder. */
static void
test_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "/etc/passwd",
	    "../x", "a b", "a\\b", "a\tb", "\xc3\xa4"};
	char longest[FILE_NAME_MAX + 2];
	struct host *h = *state;
	char line[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(
		    line, sizeof(line), "AT+UDWNFILE=\"%s\",5", bad[i]);
		host_ask(h, line, "\r\n+CME ERROR: 1638\r\n");
	}
	memset(longest, 'n', sizeof(longest));
	longest[FILE_NAME_MAX + 1] = '\0';
	(void)snprintf(line, sizeof(line), "AT+UDWNFILE=\"%s\",5", longest);
	host_ask(h, line, "\r\n+CME ERROR: 1638\r\n");
	longest[FILE_NAME_MAX] = '\0';
	write_file(h, longest, "x");
	write_file(h, ".hidden", "x");
	host_ask(h, "AT+UDWNFILE=\"a\",5,\"OTHER\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UDWNFILE=\"a\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UDWNFILE=\"a\",\"5\"", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+UDWNFILE=a,5", "\r\n+CME ERROR: 50\r\n");
	host_ask(h, "AT+URDFILE=5", "\r\n+CME ERROR: 50\r\n");
}

static void
test_too_large(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+UDWNFILE=\"a\",4294967295", "\r\n+CME ERROR: 1637\r\n");
	host_ask(h, "AT+UDWNFILE=\"a\",16777216", "\r\n+CME ERROR: 1637\r\n");
	host_ask(h, "AT+ULSTFILE=0", "\r\n+ULSTFILE: \r\n\r\nOK\r\n");
}

/* The storage fails: what is read, and what is written. */
static void
test_storage_fails(void **state)
{
	struct host *h = *state;
	struct files *files = &h->module.files;
	struct files none = {-1, -1}, whole = *files;

	write_file(h, "a", "1");
	files->parent_fd = none.parent_fd;
	host_type(h, "AT+UDWNFILE=\"a\",1\r2");
	host_see(h, ">\r\n+CME ERROR: 1632\r\n");
	*files = none;
	host_ask(h, "AT+ULSTFILE=0", "\r\n+CME ERROR: 1600\r\n");
	host_ask(h, "AT+URDFILE=\"a\"", "\r\n+CME ERROR: 1600\r\n");
	*files = whole;
	host_ask(
	    h, "AT+URDFILE=\"a\"", "\r\n+URDFILE: \"a\",1,\"1\"\r\n\r\nOK\r\n");
}

/* Drivers compare this text. */
static void
test_texts(void **state)
{
	struct host *h = *state;

	host_ask(h, "AT+CMEE=2", "\r\nOK\r\n");
	host_ask(h, "AT+UDELFILE=\"a\"", "\r\n+CME ERROR: FILE NOT FOUND\r\n");
	host_ask(
	    h, "AT+ULSTFILE=2,\"a\"", "\r\n+CME ERROR: FILE NOT FOUND\r\n");
	host_ask(h, "AT+CMEE=0", "\r\nOK\r\n");
	host_ask(h, "AT+UDELFILE=\"a\"", "\r\nERROR\r\n");
}

static void
test_too_many(void **state)
{
	struct host *h = *state;
	char name[16];
	size_t i;
	int fd;

	/* Straight into the folder: 256 synced writes would take seconds. */
	for (i = 0; i < FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "f%zu", i);
		fd = openat(
		    h->module.files.dir_fd, name, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		(void)close(fd);
	}
	host_type(h, "AT+UDWNFILE=\"more\",1\rx");
	host_see(h, ">\r\n+CME ERROR: 1636\r\n");
	write_file(h, "f0", "y");
}

/* Links that somebody put there are no files of the module. */
static void
test_links(void **state)
{
	struct host *h = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/files/link", h->dir);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	host_ask(h, "AT+ULSTFILE=0", "\r\n+ULSTFILE: \r\n\r\nOK\r\n");
	host_ask(h, "AT+URDFILE=\"link\"", "\r\n+CME ERROR: 1612\r\n");
	host_ask(h, "AT+UDELFILE=\"link\"", "\r\n+CME ERROR: 1612\r\n");
	assert_int_equal(unlink(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FILE_TEST(test_write_read),
	    FILE_TEST(test_empty),
	    FILE_TEST(test_list),
	    FILE_TEST(test_delete),
	    FILE_TEST(test_names),
	    FILE_TEST(test_too_large),
	    FILE_TEST(test_storage_fails),
	    FILE_TEST(test_texts),
	    FILE_TEST(test_too_many),
	    FILE_TEST(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
