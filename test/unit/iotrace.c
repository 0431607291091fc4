/*-------------------------------------------------------------------------
 *
 * iotrace.c
 *	  Tests of bpf/iotrace.h and bpf/judge.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "bpf/judge.h"

#define MS 1000000.0

static uint64_t
some_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* ---- buckets ---- */

static void
test_buckets(void)
{
	bool		contiguous = true,
				own = true,
				close = true;

	for (uint32_t i = 0; i < TEND_IO_NUM_BUCKETS; i++)
	{
		uint64_t	low = tend_io_bucket_low(i);
		uint64_t	high = tend_io_bucket_high(i);
		double		middle = ((double) low + (double) high) / 2;

		contiguous = contiguous && low == (i == 0 ? 0 : tend_io_bucket_high(i - 1)) && high > low;
		own = own && tend_io_bucket(low) == i && tend_io_bucket(high - 1) == i;
		if (low >= 256 && i < TEND_IO_LONGEST_BUCKET)
			close = close && middle / (double) low <= 1.0625 && middle / (double) high >= 0.9375;
	}
	tap_ok(contiguous, "buckets follow each other without a gap");
	tap_ok(own, "the least and the largest value of a bucket belong to it");
	tap_ok(close, "from 256 ns on, the middle of a bucket is within 6.25 % of all in it");
	tap_number(tend_io_bucket_low(TEND_IO_LONGEST_BUCKET), 68719476736.0, "the last begins at 2^36 ns");
	tap_number(tend_io_bucket(UINT64_MAX), TEND_IO_LONGEST_BUCKET, "the largest number is in the last bucket");
}

/* ---- quantiles ---- */

static int
compare(const void *a, const void *b)
{
	uint64_t	x = *(const uint64_t *) a;
	uint64_t	y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

static TendIoCell
cell_of(const uint64_t *values, int n)
{
	TendIoCell	cell = {0};

	for (int i = 0; i < n; i++)
	{
		cell.buckets[tend_io_bucket(values[i])]++;
		cell.total_ns += values[i];
		cell.max_ns = Max(cell.max_ns, values[i]);
	}
	return cell;
}

/* The worst relative error of a few quantiles of a sample. */
static double
worst_error(uint64_t *values, int n)
{
	static const double fractions[] = {0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
	TendIoCell	cell = cell_of(values, n);
	double		worst = 0;

	qsort(values, n, sizeof(values[0]), compare);
	for (int i = 0; i < (int) lengthof(fractions); i++)
	{
		double		truth = (double) values[Max((int) ceil(fractions[i] * n), 1) - 1];

		worst = Max(worst, fabs(tend_io_quantile(&cell, fractions[i]) - truth) / truth);
	}
	return worst;
}

static void
test_quantiles(void)
{
	static uint64_t values[10000];
	TendIoCell	empty = {0};
	const uint64_t usual = 5000000;
	const uint64_t endless = UINT64_C(200000000000);
	TendIoCell	one = cell_of(&usual, 1);
	double		worst = 0;

	for (int sample = 0; sample < 200; sample++)
	{
		int			n = 1 + (int) (some_random() % (sample < 100 ? 20 : lengthof(values)));
		double		spread = 1 + sample % 24;

		/* from a microsecond up, over few or many powers of two */
		for (int i = 0; i < n; i++)
			values[i] = (uint64_t) (1000 * exp2(spread * (double) (some_random() % 1000000) / 1e6));
		worst = Max(worst, worst_error(values, n));
	}
	if (!tap_ok(worst <= 0.0625, "quantiles of 200 samples are within 6.25 % of the true ones"))
		fprintf(stderr, "# %g\n", worst);
	tap_ok(isnan(tend_io_quantile(&empty, 0.5)), "no calls have no median");
	tap_ok(fabs(tend_io_quantile(&one, 0.99) / (5 * MS) - 1) <= 0.0625, "one call is all its quantiles");
	tap_ok(tend_io_quantile(&one, 0.99) <= 5 * MS, "no quantile is above the longest call");
	one = cell_of(&endless, 1);
	tap_number(tend_io_quantile(&one, 0.5), 200000 * MS, "beyond the last bucket, it is the longest call");
}

/* ---- snapshots ---- */

static TendIoHeader
good_header(void)
{
	TendIoHeader header = {
		.magic = TEND_IO_SNAPSHOT_MAGIC,
		.version = TEND_IO_VERSION,
		.header_size = sizeof(TendIoHeader),
		.record_size = sizeof(TendIoRecord),
		.num_records = 2,
		.period_ms = 1000
	};

	return header;
}

static const char *
problem(const TendIoHeader *header, uint64_t size)
{
	const char *found = tend_io_header_problem(header, size);

	return found == NULL ? "none" : found;
}

static void
test_headers(void)
{
	const uint64_t enough = sizeof(TendIoHeader) + 2 * sizeof(TendIoRecord);
	TendIoHeader h = good_header();
	uint64_t	sum = tend_io_header_checksum(&h);

	tap_text(problem(&h, enough), "none", "a good header");
	tap_text(problem(&h, enough - 1), "the snapshot is truncated", "a byte is missing");
	tap_text(problem(&h, 10), "the file is too short", "nearly all is missing");
	h.num_records = UINT32_MAX;
	tap_text(problem(&h, UINT64_MAX), "the snapshot is truncated", "too many records");
	h = good_header();
	h.version++;
	tap_text(problem(&h, enough), "the snapshot has another version", "another version");
	h = good_header();
	h.record_size--;
	tap_text(problem(&h, enough), "the snapshot has another layout", "another layout");
	h = good_header();
	h.period_ms = 0;
	tap_text(problem(&h, enough), "the snapshot has an impossible period", "no period");
	h = good_header();
	h.magic = 0;
	tap_text(problem(&h, enough), "the file is not a snapshot", "another file");

	h = good_header();
	h.sequence = 77;
	h.checksum = 88;
	tap_ok(tend_io_header_checksum(&h) == sum, "sequence and checksum are not in the checksum");
	for (size_t at = 0; at < sizeof(h); at++)
	{
		((unsigned char *) &h)[at] ^= 1;
		if (tend_io_header_checksum(&h) == sum &&
			(at < offsetof(TendIoHeader, sequence) || at >= offsetof(TendIoHeader, header_size)) &&
			(at < offsetof(TendIoHeader, checksum) || at >= offsetof(TendIoHeader, heartbeat_ns)))
			tap_ok(false, "each other bit is in the checksum");
		((unsigned char *) &h)[at] ^= 1;
	}
}

/* ---- who may register ---- */

typedef struct PeerCase
{
	const char *name;
	uid_t		user;
	TendProcess peer;
	TendProcess parent;
	TendIoStatus want;
} PeerCase;

/* pid, parent, pid inside, start, users; the hello is of postmaster 100 */
static const PeerCase peer_cases[] = {
	{"child of its postmaster", 26, {200, 100, 200, 5, {26, 26, 26, 26}}, {100, 1, 100, 5, {26, 26, 26, 26}}, TEND_IO_OK},
	{"in a container", 26, {9200, 9100, 7, 5, {26, 26, 26, 26}}, {9100, 1, 100, 5, {26, 26, 26, 26}}, TEND_IO_OK},
	{"orphan", 26, {200, 1, 200, 5, {26, 26, 26, 26}}, {0}, TEND_IO_NOT_A_SERVER},
	{"orphan of an init with its user", 26, {200, 1, 200, 5, {26, 26, 26, 26}}, {1, 0, 100, 5, {26, 26, 26, 26}}, TEND_IO_NOT_A_SERVER},
	{"root", 0, {200, 100, 200, 5, {0, 0, 0, 0}}, {100, 1, 100, 5, {0, 0, 0, 0}}, TEND_IO_NOT_A_SERVER},
	{"parent of root's", 26, {200, 100, 200, 5, {26, 26, 26, 26}}, {100, 1, 100, 5, {0, 0, 0, 0}}, TEND_IO_NOT_A_SERVER},
	{"parent that is set-uid", 26, {200, 100, 200, 5, {26, 26, 26, 26}}, {100, 1, 100, 5, {26, 0, 26, 26}}, TEND_IO_NOT_A_SERVER},
	{"parent that can become root", 26, {200, 100, 200, 5, {26, 26, 26, 26}}, {100, 1, 100, 5, {26, 26, 0, 26}}, TEND_IO_NOT_A_SERVER},
	{"peer that was another user", 26, {200, 100, 200, 5, {27, 26, 26, 26}}, {100, 1, 100, 5, {26, 26, 26, 26}}, TEND_IO_NOT_A_SERVER},
	{"peer that is gone, its pid another's", 26, {200, 100, 200, 5, {33, 33, 33, 33}}, {100, 1, 100, 5, {33, 33, 33, 33}}, TEND_IO_NOT_A_SERVER},
	{"other parent than it says", 26, {200, 100, 200, 5, {26, 26, 26, 26}}, {100, 1, 99, 5, {26, 26, 26, 26}}, TEND_IO_NOT_A_SERVER},
	{"user that is not served", 27, {200, 100, 200, 5, {27, 27, 27, 27}}, {100, 1, 100, 5, {27, 27, 27, 27}}, TEND_IO_NOT_ALLOWED},
};

static void
test_peers(void)
{
	TendIoHello hello = {.postmaster_pid = 100};
	TendOptions options = {.users = {26, 0, 33},.num_users = 3};
	char		reason[TEND_IO_TEXT_LEN];

	for (int i = 0; i < (int) lengthof(peer_cases); i++)
	{
		const PeerCase *c = &peer_cases[i];

		tap_number(tend_judge_peer(&hello, c->user, &c->peer, &c->parent, &options, reason), c->want, c->name);
	}
}

/* Whatever arrives, the judge neither reads beyond it nor believes it. */
static void
test_hostile_hello(void)
{
	char		reason[TEND_IO_TEXT_LEN];
	TendIoHello hello;
	bool		explained = true;

	for (int i = 0; i < 100000; i++)
	{
		TendIoStatus status;

		for (size_t at = 0; at < sizeof(hello); at += 8)
		{
			uint64_t	word = some_random();

			memcpy((char *) &hello + at, &word, 8);
		}
		if (i % 2 == 0)
		{
			hello.magic = TEND_IO_HELLO_MAGIC;
			hello.version = TEND_IO_VERSION;
			hello.size = sizeof(hello);
			hello.checkpoint_stats_size %= 2 * TEND_IO_CKPT_MAX_SIZE;
		}
		status = tend_judge_hello(&hello, sizeof(hello), reason);
		explained = explained && status != TEND_IO_OK && reason[0] != '\0' && strlen(reason) < sizeof(reason);
	}
	tap_ok(explained, "100 000 random hellos are refused, with a reason");
}

int
main(void)
{
	test_buckets();
	test_quantiles();
	test_headers();
	test_peers();
	test_hostile_hello();
	return tap_done();
}
