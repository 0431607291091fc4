/*-------------------------------------------------------------------------
 *
 * iotrace_words.c
 *	  Tests of src/advise/iotrace_words.c: whatever is wrong, the status says
 *	  what, and what to do.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/iotrace_words.h"

static TendIotrace link_facts;
static TendIoHeader header;

static TendIotraceCase
attached(void)
{
	TendIotraceCase ic = {
		.preloaded = true,.launcher_runs = true,.link = &link_facts,
		.snapshot = TEND_SNAPSHOT_GOOD,.header = &header
	};

	memset(&link_facts, 0, sizeof(link_facts));
	link_facts.state = TEND_IOTRACE_ATTACHED;
	strcpy(link_facts.dir, "/run/pg_tend");
	strcpy(link_facts.snapshot, "1.snap");
	memset(&header, 0, sizeof(header));
	header.period_ms = 1000;
	header.probes_wanted = header.probes_attached = 0xFF;
	return ic;
}

static TendIotraceCase
failed(TendIotraceState state, int error)
{
	TendIotraceCase ic = attached();

	link_facts.state = state;
	link_facts.error = error;
	ic.snapshot = TEND_SNAPSHOT_NOT_READ;
	ic.header = NULL;
	return ic;
}

static void
says(const TendIotraceCase *ic, const char *state, const char *message, const char *remedy)
{
	TendIotraceWords w = tend_iotrace_words(ic);
	char		name[128];

	snprintf(name, sizeof(name), "%s: %s", state, message);
	tap_text(w.state, state, name);
	tap_contains(w.message, message, "with a message");
	if (remedy == NULL)
		tap_text(w.remedy, "", "and nothing to do");
	else
		tap_contains(w.remedy, remedy, "and what to do");
}

static const struct
{
	TendIotraceState state;
	int			error;
	const char *word;
	const char *message;
	const char *remedy;
}			sockets[] = {
	{TEND_IOTRACE_NO_SOCKET, ENOENT, "no helper", "has not been started", "systemctl enable --now pg_tend_iotrace"},
	{TEND_IOTRACE_NO_SOCKET, ECONNREFUSED, "no helper", "nobody listens", "pg_tend_iotrace --check"},
	{TEND_IOTRACE_NO_SOCKET, EACCES, "no permission", "may not connect", "chmod"},
	{TEND_IOTRACE_NO_SOCKET, EAGAIN, "helper busy", "does not take connections", "systemctl status"},
	{TEND_IOTRACE_NO_SOCKET, EPROTOTYPE, "wrong socket", "another program", "pg_tend.iotrace_dir"},
	{TEND_IOTRACE_NO_SOCKET, ENAMETOOLONG, "wrong directory", "too long", "pg_tend.iotrace_dir"},
	{TEND_IOTRACE_NO_SOCKET, EMFILE, "no helper", "cannot connect", "--check"},
	{TEND_IOTRACE_UNTRIED, 0, "starting", "not tried", NULL},
	{TEND_IOTRACE_OFF, 0, "off", "is empty", "RESET pg_tend.iotrace_dir"},
	{TEND_IOTRACE_IMPOSTOR, 0, "not the helper", "user 1000", "ls -l '/run/pg_tend'"},
	{TEND_IOTRACE_SILENT, 0, "helper silent", "does not answer", "restart pg_tend_iotrace"},
	{TEND_IOTRACE_GONE, 0, "no helper", "has ended", "systemctl enable --now"},
	{TEND_IOTRACE_GARBLED, 0, "wrong socket", "does not speak the protocol", "pg_tend.iotrace_dir"}
};

static void
test_sockets(void)
{
	for (int i = 0; i < (int) lengthof(sockets); i++)
	{
		TendIotraceCase ic = failed(sockets[i].state, sockets[i].error);

		link_facts.helper_uid = 1000;
		says(&ic, sockets[i].word, sockets[i].message, sockets[i].remedy);
	}
}

static void
test_refusals(void)
{
	TendIotraceCase ic = failed(TEND_IOTRACE_REFUSED, 0);

	link_facts.refusal = TEND_IO_WRONG_VERSION;
	link_facts.protocol = TEND_IO_VERSION + 1;
	says(&ic, "wrong version", "speaks version 2 of the protocol, the server's library version 1", "restart the server");
	link_facts.protocol = 0;
	says(&ic, "wrong version", "speaks version 0", "make bpf");
	link_facts.refusal = TEND_IO_NOT_ALLOWED;
	strcpy(link_facts.text, "user 26 is not served");
	says(&ic, "refused", "user 26 is not served", "--user");
	link_facts.refusal = TEND_IO_TOO_MANY;
	says(&ic, "refused", "no room", "restart pg_tend_iotrace");
	link_facts.refusal = TEND_IO_NOT_A_SERVER;
	says(&ic, "refused", "does not believe", "pid namespace");
	link_facts.refusal = TEND_IO_FAILED;
	says(&ic, "refused", "user 26", "--check");
	link_facts.refusal = 12345;
	link_facts.text[0] = '\0';
	says(&ic, "refused", "did not say why", "--check");
}

static void
test_snapshots(void)
{
	TendIotraceCase ic = attached();

	says(&ic, "attached", "attached", NULL);
	ic.snapshot = TEND_SNAPSHOT_NO_FILE;
	ic.error = EACCES;
	says(&ic, "no snapshot", "cannot read \"/run/pg_tend/1.snap\"", "chmod 755");
	ic.error = ENOENT;
	says(&ic, "no snapshot", "No such file", "df '/run/pg_tend'");
	ic.snapshot = TEND_SNAPSHOT_FOREIGN;
	says(&ic, "snapshot not believed", "not a regular file of root's", "ls -l");
	ic.snapshot = TEND_SNAPSHOT_BUSY;
	says(&ic, "snapshot not written", "never complete", "df");
	ic.snapshot = TEND_SNAPSHOT_BAD;
	ic.problem = "the snapshot has a wrong checksum";
	says(&ic, "snapshot not believed", "wrong checksum", "df");
	ic.snapshot = TEND_SNAPSHOT_STALE;
	ic.age_ms = 12345;
	says(&ic, "stale", "12.3 s old, though it is written every 1.0 s", "restart pg_tend_iotrace");
	ic = attached();
	link_facts.counts_nothing = true;
	says(&ic, "counts nothing", "counts no syncs of WAL", "--check");
}

static void
test_probes(void)
{
	TendIotraceCase ic = attached();

	header.probes_attached &= ~(1u << TEND_IO_PROBE_MSYNC);
	header.probe_errors[TEND_IO_PROBE_MSYNC] = ENOENT;
	says(&ic, "attached in part", "msync (this kernel does not have the tracepoint", "--check");
	header.probe_errors[TEND_IO_PROBE_MSYNC] = EPERM;
	says(&ic, "attached in part", "CAP_BPF and CAP_PERFMON", "--check");
	header.probe_errors[TEND_IO_PROBE_MSYNC] = EACCES;
	says(&ic, "attached in part", "tracefs cannot be read", "--check");
	header.probes_attached = 0;
	header.probes_wanted = PG_UINT32_MAX;
	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
		header.probe_errors[i] = PG_INT32_MIN;
	says(&ic, "attached in part", "fsync (", "--check");
}

int
main(void)
{
	TendIotraceCase ic = attached();

	ic.preloaded = false;
	says(&ic, "not preloaded", "was not loaded", "shared_preload_libraries");
	ic = attached();
	ic.launcher_runs = false;
	says(&ic, "no launcher", "does not run", "max_worker_processes");
	test_sockets();
	test_refusals();
	test_snapshots();
	test_probes();
	return tap_done();
}
