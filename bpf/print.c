/*-------------------------------------------------------------------------
 *
 * print.c
 *	  Print what was counted, for a person.
 *
 * Histograms are by file class and call, over all backend types, one line per power
 * of two: finer than the eye needs, the buckets are for quantiles.
 *
 *-------------------------------------------------------------------------
 */
#include <stdbool.h>
#include <stdio.h>

#include "print.h"

static const char *const call_names[] = {TEND_IO_CALL_NAMES};
static const char *const class_names[] = {TEND_IO_CLASS_NAMES};

#define BAR_WIDTH 40

/* three digits and a unit */
static const char *
duration(double ns, char buffer[16])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	int			unit = 0;

	while (ns >= 999.5 && unit < 3)
	{
		ns /= 1000;
		unit++;
	}
	snprintf(buffer, 16, "%.*f %s", ns < 10 && unit > 0 ? 2 : ns < 100 && unit > 0 ? 1 : 0, ns, units[unit]);
	return buffer;
}

static void
print_row(const char *type, int call, int file_class, const TendIoCell *cell)
{
	uint64_t	calls = tend_io_calls(cell);
	char		t[6][16];

	printf("%-20s %-15s %-5s %9llu %6llu %9.1f %9s %9s %9s %9s %9s %9s\n",
		   type, call_names[call], class_names[file_class],
		   (unsigned long long) calls, (unsigned long long) cell->errors,
		   (double) cell->bytes / 1048576,
		   duration((double) cell->total_ns, t[0]),
		   duration((double) cell->total_ns / (double) calls, t[1]),
		   duration(tend_io_quantile(cell, 0.5), t[2]),
		   duration(tend_io_quantile(cell, 0.95), t[3]),
		   duration(tend_io_quantile(cell, 0.99), t[4]),
		   duration((double) cell->max_ns, t[5]));
}

static void
add(TendIoCell *sum, const TendIoCell *cell)
{
	sum->errors += cell->errors;
	sum->total_ns += cell->total_ns;
	sum->bytes += cell->bytes;
	if (cell->max_ns > sum->max_ns)
		sum->max_ns = cell->max_ns;
	for (int i = 0; i < TEND_IO_NUM_BUCKETS; i++)
		sum->buckets[i] += cell->buckets[i];
}

static uint64_t
calls_of_group(const TendIoCell *cell, int group)
{
	uint64_t	calls = 0;

	for (int i = group * TEND_IO_SUBS; i < (group + 1) * TEND_IO_SUBS && i < TEND_IO_NUM_BUCKETS; i++)
		calls += cell->buckets[i];
	return calls;
}

static void
print_histogram(const TendIoCell *cell, int call, int file_class)
{
	const int	groups = (TEND_IO_NUM_BUCKETS + TEND_IO_SUBS - 1) / TEND_IO_SUBS;
	int			first = groups,
				last = 0;
	uint64_t	most = 1;

	for (int g = 0; g < groups; g++)
	{
		uint64_t	calls = calls_of_group(cell, g);

		if (calls == 0)
			continue;
		first = g < first ? g : first;
		last = g;
		most = calls > most ? calls : most;
	}
	printf("\n%s of %s\n", call_names[call], class_names[file_class]);
	for (int g = first; g <= last; g++)
	{
		uint64_t	calls = calls_of_group(cell, g);
		int			width = (int) ((calls * BAR_WIDTH + most - 1) / most);
		char		buffer[16];

		printf("%10s and more %9llu |", duration((double) tend_io_bucket_low((uint32_t) (g * TEND_IO_SUBS)), buffer),
			   (unsigned long long) calls);
		for (int i = 0; i < width; i++)
			putchar('#');
		putchar('\n');
	}
}

void
tend_print(const TendIoCell *cells, char type_names[TEND_IO_NUM_TYPES][TEND_IO_TYPE_NAME_LEN])
{
	static TendIoCell sums[TEND_IO_NUM_CALLS][TEND_IO_NUM_CLASSES];
	bool		any = false;

	printf("%-20s %-15s %-5s %9s %6s %9s %9s %9s %9s %9s %9s %9s\n", "backend type", "call", "file",
		   "calls", "errors", "MB", "total", "mean", "p50", "p95", "p99", "max");
	for (int i = 0; i < TEND_IO_NUM_CELLS; i++)
	{
		int			file_class = i % TEND_IO_NUM_CLASSES;
		int			call = i / TEND_IO_NUM_CLASSES % TEND_IO_NUM_CALLS;
		int			type = i / TEND_IO_NUM_CLASSES / TEND_IO_NUM_CALLS;
		char		name[TEND_IO_TYPE_NAME_LEN];

		if (cells[i].max_ns == 0)
			continue;
		if (type_names[type][0] != '\0')
			snprintf(name, sizeof(name), "%s", type_names[type]);
		else if (type == TEND_IO_UNKNOWN_TYPE)
			snprintf(name, sizeof(name), "(unknown)");
		else
			snprintf(name, sizeof(name), "type %d", type);
		print_row(name, call, file_class, &cells[i]);
		add(&sums[call][file_class], &cells[i]);
		any = true;
	}
	if (!any)
		printf("(no calls)\n");
	for (int call = 0; call < TEND_IO_NUM_CALLS; call++)
	{
		for (int class = 0; class < TEND_IO_NUM_CLASSES; class++)
		{
			/* plain writes end in the page cache; few wonder about them */
			if (call != TEND_IO_WRITE && sums[call][class].max_ns > 0)
				print_histogram(&sums[call][class], call, class);
		}
	}
}
