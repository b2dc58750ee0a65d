/*
 * The columns of a CA, for the statements that read one.
 */
#ifndef STORE_CA_ROW_H
#define STORE_CA_ROW_H

#include "sql.h"
#include "store/cas.h"

#define CA_COLUMNS                                                             \
	"id, tenant, name, key, certificate, days, device_days, created"

/* Reads them from a row that begins with them. */
void ca_row_read(struct query *q, void *ret_row);

#endif
