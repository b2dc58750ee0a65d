/*
 * holdfast-module: the AT-command module emulator. Two processes: this one
 * with the terminals and the network, and the TEE with the root of trust,
 * which is started first.
 */
#include "emulator.h"
#include "log.h"
#include "tee_client.h"

#define PATH_SIZE 4096
#define FIRMWARE HOLDFAST_VERSION

enum { EXIT_USAGE = 1, EXIT_FAILED = 2, EXIT_REFUSED = 3 };

static int
run(const struct options *options)
{
	char rot_dir[PATH_SIZE];
	struct tee_config config = {.rot_dir = rot_dir,
	    .tcti = options->tcti,
	    .heartbeat_min_s = options->heartbeat_min_s,
	    .time_rate = options->time_rate,
	    .well_known = options->well_known,
	    .c2c_v1 = options->c2c_v1,
	    .firmware = FIRMWARE,
	    .manifest = options->manifest,
	    .verbose = options->verbose};
	struct tee_client client;
	struct tee tee;
	enum err err;
	int len;

	len = snprintf(rot_dir, sizeof(rot_dir), "%s/rot", options->state);
	if (len < 0 || (size_t)len >= sizeof(rot_dir)) {
		log_always("--state is too long");
		return EXIT_USAGE;
	}
	err = tee_client_start(&client, &config);
	if (err != ERR_OK) {
		log_always("the TEE cannot be started");
		return EXIT_FAILED;
	}
	tee = tee_client_port(&client);
	err = emulator_run(options, &tee);
	tee_client_stop(&client);
	if (err == ERR_DENIED)
		return EXIT_REFUSED;
	return err == ERR_OK ? 0 : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct options options;
	enum err err = options_read(argc, argv, &options);

	if (err == ERR_EXISTS)
		return 0;
	if (err != ERR_OK)
		return EXIT_USAGE;
	log_verbose(options.verbose);
	return run(&options);
}
