/*
 * The folder of a state that holds what the security client keeps.
 */
#ifndef MODULE_STATE_FOLDER_H
#define MODULE_STATE_FOLDER_H

/*
 * Opens the folder USR/usec of a state, and makes it durably if need be.
 * Returns its descriptor, or -1.
 */
int state_folder_open(int state_fd);

#endif
