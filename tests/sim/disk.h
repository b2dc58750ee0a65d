/*
 * A disk in memory, as a file system of SQLite's: what was written and not
 * synced is there to read, and may be gone, whole or in part and in any
 * order, after a power cut. One disk a process: SQLite's open functions have
 * no other argument.
 *
 * Not modelled: making and deleting a file, which are durable at once.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "chance.h"

/* What the next fault does. */
enum disk_fault {
	DISK_POWER, /* nothing works any more until disk_revive */
	DISK_ERROR /* one write or sync fails, and does nothing or a part */
};

/* Makes the disk SQLite's default, once a process. */
void disk_install(void);

/* Erases all; chance decides what a power cut leaves. */
void disk_reset(uint64_t seed);

/* Lets the n-th write or sync from now on fail; 0: none. */
void disk_plan(enum disk_fault fault, uint64_t n);

/* Whether a planned power cut has struck. */
bool disk_is_dead(void);

/* From now on nothing works, as for a process that is no more. */
void disk_die(void);

/*
 * All works again. lose: it was the power, and of what was not synced
 * anything may be lost; else only the process had ended. All files must be
 * closed.
 */
void disk_revive(bool lose);

/* Keeps a copy of all files, and puts one back; slot 0 to DISK_COPIES - 1. */
#define DISK_COPIES 4
void disk_copy(unsigned slot);
void disk_put_back(unsigned slot);

/* What SQLite believes the time to be, in Unix seconds. */
void disk_clock(uint64_t unix_s);

#endif
