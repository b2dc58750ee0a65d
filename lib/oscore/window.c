/*
 * Partial IVs as numbers, and the sliding window that remembers the last 32
 * of them. The caller marks a number only after its message was authentic.
 */
#include "oscore/oscore.h"

#define WINDOW_SIZE 32
#define PIV_NUMBER_MAX (((uint64_t)1 << (8 * OSCORE_PIV_MAX)) - 1)

void
oscore_window_init(struct oscore_window *window)
{
	window->highest = 0;
	window->seen = 0;
	window->started = false;
}

/* Bit i of seen stands for highest - i. */
enum err
oscore_window_check(const struct oscore_window *window, uint64_t seq)
{
	uint64_t age;

	if (!window->started || seq > window->highest)
		return ERR_OK;
	age = window->highest - seq;
	if (age >= WINDOW_SIZE)
		return ERR_REPLAY;
	return (window->seen >> age & 1) != 0 ? ERR_REPLAY : ERR_OK;
}

void
oscore_window_mark(struct oscore_window *window, uint64_t seq)
{
	uint64_t step;

	if (!window->started || seq > window->highest) {
		step = seq - window->highest;
		window->seen = step < WINDOW_SIZE ? window->seen << step : 0;
		window->seen |= 1;
		window->highest = seq;
		window->started = true;
		return;
	}
	if (window->highest - seq < WINDOW_SIZE)
		window->seen |= (uint32_t)1 << (window->highest - seq);
}

uint64_t
oscore_piv_number(struct bytes piv)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < piv.len; i++)
		number = number << 8 | piv.ptr[i];
	return number;
}

size_t
oscore_piv_encode(uint64_t seq, uint8_t ret_piv[OSCORE_PIV_MAX])
{
	size_t len = 1;
	size_t i;

	if (seq > PIV_NUMBER_MAX)
		return 0;
	while (seq >> (8 * len) != 0)
		len++;
	for (i = 0; i < len; i++)
		ret_piv[i] = (uint8_t)(seq >> (8 * (len - 1 - i)));
	return len;
}
