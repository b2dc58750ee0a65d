/*
 * A file system for SQLite that gathers what a transaction writes to the
 * write-ahead log, and hands it on in few large writes. SQLite writes every
 * page in two calls, which cost more than their bytes.
 *
 * Other processes read no page of the log before the commit that wrote it was
 * synced, as the store has it (synchronous=FULL); what is gathered is written
 * when the log is synced, read, measured, cut or closed.
 */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include "base/bytes.h"

/*
 * The name of the file system, which is registered at the first call on top of
 * the one that is the default then. Without memory for that there is none of
 * this name, and opening fails.
 */
const char *gather_vfs(void);

#endif
