/*
 * What the service's heartbeats are measured against.
 *
 *	peers echo		sends every datagram back, in batches, and
 *				prints its port first
 *	peers commits DB SECONDS
 *				changes rows of devices in a copy of the
 *				service's database as a heartbeat does, one
 *				transaction each, and prints how many a second
 */
#include <netinet/in.h>
#include <sqlite3.h>
#include <unistd.h>

#include "flash.h"

#define BATCH 128
#define DATAGRAM_ROOM 2048

static void
echo(void)
{
	static uint8_t data[BATCH][DATAGRAM_ROOM];
	static struct sockaddr_storage from[BATCH];
	struct sockaddr_in own = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t own_len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n;

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVBUF, &(int){4 << 20}, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len) != 0)
		die("cannot open a socket");
	printf("%u\n", ntohs(own.sin_port));
	fflush(stdout);
	for (;;) {
		struct mmsghdr message[BATCH];
		struct iovec iov[BATCH];

		memset(message, 0, sizeof(message));
		for (size_t i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){data[i], sizeof(data[i])};
			message[i].msg_hdr.msg_iov = &iov[i];
			message[i].msg_hdr.msg_iovlen = 1;
			message[i].msg_hdr.msg_name = &from[i];
			message[i].msg_hdr.msg_namelen = sizeof(from[i]);
		}
		n = recvmmsg(fd, message, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			iov[i].iov_len = message[i].msg_len;
		if (n > 0)
			(void)sendmmsg(fd, message, (unsigned)n, 0);
	}
}

static void
sql(sqlite3 *db, int result)
{
	if (result != SQLITE_OK && result != SQLITE_DONE)
		die(sqlite3_errmsg(db));
}

/* The service's own settings, and the statement of its heartbeat. */
static void
commits(const char *path, uint64_t seconds)
{
	static const char settings[] = "PRAGMA secure_delete = ON;"
				       "PRAGMA synchronous = FULL;"
				       "PRAGMA cache_size = -65536;"
				       "PRAGMA wal_autocheckpoint = 32000;"
				       "PRAGMA journal_mode = WAL;";
	static const char change[] =
	    "UPDATE devices SET last_ck = ck, ck = randomblob(62),"
	    " last_id = randomblob(5), n = n + 1, seen = unixepoch(),"
	    " changed = changed + 1 WHERE rowid = $1";
	sqlite3_stmt *statement = NULL;
	uint64_t began, done = 0;
	sqlite3 *db = NULL;
	int64_t rows;

	sql(db, sqlite3_open(path, &db));
	sql(db, sqlite3_exec(db, settings, NULL, NULL, NULL));
	sql(db, sqlite3_prepare_v2(db, "SELECT max(rowid) FROM devices", -1,
		    &statement, NULL));
	(void)sqlite3_step(statement);
	rows = sqlite3_column_int64(statement, 0);
	sql(db, sqlite3_finalize(statement));
	if (rows == 0)
		die("the database has no devices");
	sql(db, sqlite3_prepare_v2(db, change, -1, &statement, NULL));
	began = now_ms();
	while (now_ms() - began < seconds * 1000) {
		/* Every row is another page's, as when a fleet calls. */
		sql(db, sqlite3_bind_int64(statement, 1,
			    (int64_t)(done * 7919 % (uint64_t)rows) + 1));
		sql(db, sqlite3_step(statement));
		sql(db, sqlite3_reset(statement));
		done++;
	}
	printf("%.1f\n", (double)done * 1000.0 / (double)(now_ms() - began));
	sql(db, sqlite3_finalize(statement));
	sql(db, sqlite3_close(db));
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		echo();
	else if (argc == 4 && strcmp(argv[1], "commits") == 0)
		commits(argv[2], number_of(argv[3], 10));
	else
		die("usage: peers echo | peers commits DB SECONDS");
	return 0;
}
