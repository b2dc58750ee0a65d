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
#define TERMINAL_BACKLOG_MAX 65536 /* above it no new command is run */
/* What may wait and the largest answer, with room for lesser things. */
#define TERMINAL_OUTPUT_MAX (E2E_PLAINTEXT_MAX + 4u * TERMINAL_BACKLOG_MAX)

#define FILE_NAME_MAX 64
#define FILE_SIZE_MAX E2E_PLAINTEXT_MAX /* one file of the module */
#define FILES_SIZE_MAX (2u * (E2E_PLAINTEXT_MAX + 1u)) /* all of them */
#define FILES_MAX 256 /* how many */

#define PROFILES_MAX 5 /* security profiles */
#define PROFILE_TEXT_MAX 255 /* any text of one */
#define PROFILE_SECRET_MAX 128 /* a password, PSK or PSK identity */
#define PROFILE_SUITES_MAX 32 /* cipher suites that are chosen */
#define CREDENTIAL_NAME_MAX 200
#define CREDENTIAL_SIZE_MAX 8192 /* a certificate or key, PEM or DER */
#define CREDENTIALS_MAX 64 /* how many */

#define CONN_OUTPUT_MAX 16384 /* of one connection, not sent yet */
#define CONN_HOST_MAX 255 /* a host's name or address */
#define LOOKUPS_MAX 4 /* of names, at the same time */
#define SOCKETS_MAX 8
#define SOCKET_DATA_MAX 1024 /* bytes of one command */
#define SOCKET_INPUT_MAX 16384 /* received and not read, each socket */

#define C2C_RECORDS_MAX 668 /* of chip-to-chip, not sealed yet */

#define TEE_MESSAGE_MAX (DATAGRAM_MAX + 64) /* to or from the TEE */

#endif
