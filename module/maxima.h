/*
 * Every maximum of the emulator that is not on a wire of ours: sizes are
 * bytes unless the name says otherwise.
 */
#ifndef MODULE_MAXIMA_H
#define MODULE_MAXIMA_H

#include "base/limits.h"

#define AT_LINE_MAX 4096 /* one command line without its CR */
#define AT_NAME_MAX 20 /* a command's name with its plus sign */
#define AT_PARAMS_MAX 12 /* parameters of one command */

#define TERMINALS_MAX 16 /* terminals at the same time */
#define TERMINAL_NAME_MAX 15
#define TERMINAL_INFO_MAX 1024 /* one information line, data not counted */
#define TERMINAL_URCS_MAX 2048 /* result codes that wait for a quiet moment */
#define TERMINAL_BACKLOG_MAX 65536 /* above it no new command is read */
#define TERMINAL_OUTPUT_MAX (E2E_PLAINTEXT_MAX + 4u * TERMINAL_BACKLOG_MAX)

#define FILE_NAME_MAX 64
#define FILE_SIZE_MAX E2E_PLAINTEXT_MAX /* one file of the module */
#define FILES_SIZE_MAX (2u * (E2E_PLAINTEXT_MAX + 1u)) /* all of them */
#define FILES_MAX 256 /* how many */

#define C2C_RECORDS_MAX 668 /* of chip-to-chip, not sealed yet */

#define TEE_MESSAGE_MAX (DATAGRAM_MAX + 64) /* to or from the TEE */

#endif
