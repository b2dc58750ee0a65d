/*
 * sim: runs of the simulator.
 *
 *	sim [--seeds N] [--first N]	that many runs, the seeds in a row
 *	sim --seed N [--verbose]	one of them, and all that happens
 *	--devices N			instead of 1 to 4
 *
 * Says which seeds broke a promise, and ends with 1 if one did.
 */
#include <getopt.h>

#include "sim.h"

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"seeds", required_argument, NULL, 'n'},
	    {"first", required_argument, NULL, 'f'},
	    {"seed", required_argument, NULL, 's'},
	    {"devices", required_argument, NULL, 'd'},
	    {"verbose", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	unsigned long long first = 1, count = 200, broken = 0;
	unsigned long devices = 0;
	bool verbose = false, quiet = true;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			count = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			first = strtoull(optarg, NULL, 10);
			break;
		case 's':
			first = strtoull(optarg, NULL, 10);
			count = 1;
			quiet = false;
			break;
		case 'd':
			devices = strtoul(optarg, NULL, 10);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc || devices > SIM_DEVICES_MAX)
		return 2;
	if (crypto_init() != ERR_OK)
		return 2;
	setlinebuf(stdout);
	disk_install();
	for (unsigned long long i = 0; i < count; i++)
		if (!sim_run(first + i, (unsigned)devices, verbose, quiet))
			broken++;
	printf("%llu runs, %llu broke a promise\n", count, broken);
	return broken == 0 ? 0 : 1;
}
