/*-------------------------------------------------------------------------
 *
 * iotrace_words.c
 *	  How it stands with the I/O probe, in words, and what mends it.
 *
 * Why the helper does not run, only the helper can say: the server sees no
 * kernel, no capability and no tracefs.  So where it is silent, the remedy is its
 * own --check.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/iotrace_words.h"

#define START	"sudo systemctl enable --now pg_tend_iotrace"
#define CHECK	"sudo pg_tend_iotrace --check"

#define SAY(w, ...) snprintf((w)->message, sizeof((w)->message), __VA_ARGS__)
#define DO(w, ...) snprintf((w)->remedy, sizeof((w)->remedy), __VA_ARGS__)

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

/* ---- the socket ---- */

static void
no_socket(TendIotraceWords *w, const TendIotrace *link)
{
	switch (link->error)
	{
		case ENOENT:
			w->state = "no helper";
			SAY(w, "there is no socket \"%s/%s\": pg_tend_iotrace has not been started, or serves another directory",
				link->dir, TEND_IO_SOCKET_NAME);
			DO(w, "%s   -- if it does not start: %s", START, CHECK);
			break;
		case ECONNREFUSED:
			w->state = "no helper";
			SAY(w, "nobody listens at \"%s/%s\": pg_tend_iotrace has ended", link->dir, TEND_IO_SOCKET_NAME);
			DO(w, "%s   -- if it does not start: %s", START, CHECK);
			break;
		case EACCES:
		case EPERM:
			w->state = "no permission";
			SAY(w, "the server may not connect to \"%s/%s\"", link->dir, TEND_IO_SOCKET_NAME);
			DO(w, "sudo chmod 755 '%s' && sudo chmod 666 '%s/%s'", link->dir, link->dir, TEND_IO_SOCKET_NAME);
			break;
		case ENAMETOOLONG:
			w->state = "wrong directory";
			SAY(w, "the name in pg_tend.iotrace_dir is too long for a socket");
			DO(w, "ALTER SYSTEM SET pg_tend.iotrace_dir = '%s'; SELECT pg_reload_conf();", TEND_IO_DEFAULT_DIR);
			break;
		case EAGAIN:
			w->state = "helper busy";
			SAY(w, "pg_tend_iotrace does not take connections at present");
			DO(w, "It is tried again by itself; sudo systemctl status pg_tend_iotrace");
			break;
		case EPROTOTYPE:
			w->state = "wrong socket";
			SAY(w, "\"%s/%s\" is the socket of another program", link->dir, TEND_IO_SOCKET_NAME);
			DO(w, "ALTER SYSTEM SET pg_tend.iotrace_dir = '%s'; SELECT pg_reload_conf();", TEND_IO_DEFAULT_DIR);
			break;
		default:
			w->state = "no helper";
			SAY(w, "the server cannot connect to \"%s/%s\": %s", link->dir, TEND_IO_SOCKET_NAME,
				strerror(link->error));
			DO(w, "%s", CHECK);
	}
}

static void
refused(TendIotraceWords *w, const TendIotrace *link)
{
	w->state = "refused";
	switch (link->refusal)
	{
		case TEND_IO_WRONG_VERSION:
			w->state = "wrong version";
			SAY(w, "pg_tend_iotrace speaks version %u of the protocol, the server's library version %u",
				link->protocol, (unsigned) TEND_IO_VERSION);
			if (link->protocol < TEND_IO_VERSION)
				DO(w, "make bpf && sudo make install-bpf && sudo systemctl restart pg_tend_iotrace");
			else
				DO(w, "Install the library of the same version and restart the server.");
			break;
		case TEND_IO_NOT_ALLOWED:
			SAY(w, "pg_tend_iotrace serves other users only: %s", link->text);
			DO(w, "Add the server's user to the option --user of pg_tend_iotrace and restart it.");
			break;
		case TEND_IO_TOO_MANY:
			SAY(w, "pg_tend_iotrace has no room for another cluster: %s", link->text);
			DO(w, "sudo systemctl restart pg_tend_iotrace");
			break;
		case TEND_IO_NOT_A_SERVER:
			SAY(w, "pg_tend_iotrace does not believe that this is a server: %s", link->text);
			DO(w, "Let both run in the same pid namespace, or the helper in the host's.");
			break;
		default:
			SAY(w, "pg_tend_iotrace refused: %s", link->text[0] != '\0' ? link->text : "it did not say why");
			DO(w, "%s", CHECK);
	}
}

static void
unattached(TendIotraceWords *w, const TendIotrace *link)
{
	switch (link->state)
	{
		case TEND_IOTRACE_UNTRIED:
			w->state = "starting";
			SAY(w, "the server has not tried to reach pg_tend_iotrace yet");
			break;
		case TEND_IOTRACE_OFF:
			w->state = "off";
			SAY(w, "pg_tend.iotrace_dir is empty");
			DO(w, "ALTER SYSTEM RESET pg_tend.iotrace_dir; SELECT pg_reload_conf();");
			break;
		case TEND_IOTRACE_NO_SOCKET:
			no_socket(w, link);
			break;
		case TEND_IOTRACE_IMPOSTOR:
			w->state = "not the helper";
			SAY(w, "the socket in \"%s\" belongs to user %u, who is not root", link->dir, link->helper_uid);
			DO(w, "Find out who that is: ls -l '%s'", link->dir);
			break;
		case TEND_IOTRACE_SILENT:
			w->state = "helper silent";
			SAY(w, "pg_tend_iotrace took the connection, but does not answer");
			DO(w, "sudo systemctl restart pg_tend_iotrace");
			break;
		case TEND_IOTRACE_GONE:
			w->state = "no helper";
			SAY(w, "pg_tend_iotrace has closed the connection, so it has ended");
			DO(w, "%s   -- if it does not start: %s", START, CHECK);
			break;
		case TEND_IOTRACE_GARBLED:
			w->state = "wrong socket";
			SAY(w, "what listens in \"%s\" does not speak the protocol of pg_tend_iotrace", link->dir);
			DO(w, "ALTER SYSTEM SET pg_tend.iotrace_dir = '%s'; SELECT pg_reload_conf();", TEND_IO_DEFAULT_DIR);
			break;
		case TEND_IOTRACE_REFUSED:
			refused(w, link);
			break;
		case TEND_IOTRACE_ATTACHED:
			break;
	}
}

/* ---- the snapshot ---- */

static const char *
probe_error(int error)
{
	switch (error)
	{
		case 0:
			return "switched off";
		case EPERM:
			return "CAP_BPF and CAP_PERFMON are missing";
		case EACCES:
			return "tracefs cannot be read";
		case ENOENT:
			return "this kernel does not have the tracepoint, or tracefs is not mounted";
		default:
			return strerror(error);
	}
}

/* Probes that are wanted and not there, with the reason */
static bool
put_missing(const TendIoHeader *header, char *out, size_t size)
{
	uint32		missing = header->probes_wanted & ~header->probes_attached;
	size_t		len = 0;

	out[0] = '\0';
	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
	{
		if ((missing & (1u << i)) != 0 && len < size)
			len += snprintf(out + len, size - len, "%s%s (%s)", len > 0 ? ", " : "", probe_names[i],
							probe_error(header->probe_errors[i]));
	}
	return missing != 0;
}

static void
attached(TendIotraceWords *w, const TendIotraceCase *ic)
{
	char		missing[400];

	if (ic->link->counts_nothing)
	{
		w->state = "counts nothing";
		SAY(w, "the probe is attached, but counts no syncs of WAL while the server does");
		DO(w, "%s", CHECK);
	}
	else if (put_missing(ic->header, missing, sizeof(missing)))
	{
		w->state = "attached in part";
		SAY(w, "attached, but not to all calls: %s", missing);
		DO(w, "%s", CHECK);
	}
	else
	{
		w->state = "attached";
		SAY(w, "attached");
	}
}

static void
of_snapshot(TendIotraceWords *w, const TendIotraceCase *ic)
{
	const TendIotrace *link = ic->link;

	switch (ic->snapshot)
	{
		case TEND_SNAPSHOT_NO_FILE:
			w->state = "no snapshot";
			SAY(w, "the server cannot read \"%s/%s\": %s", link->dir, link->snapshot, strerror(ic->error));
			if (ic->error == EACCES)
				DO(w, "sudo chmod 755 '%s' && sudo systemctl restart pg_tend_iotrace", link->dir);
			else
				DO(w, "df '%s'; sudo systemctl restart pg_tend_iotrace", link->dir);
			break;
		case TEND_SNAPSHOT_FOREIGN:
			w->state = "snapshot not believed";
			SAY(w, "\"%s/%s\" is not a regular file of root's", link->dir, link->snapshot);
			DO(w, "Find out who made it: ls -l '%s'", link->dir);
			break;
		case TEND_SNAPSHOT_BUSY:
			w->state = "snapshot not written";
			SAY(w, "the snapshot is never complete: its file system may be full");
			DO(w, "df '%s'; sudo systemctl restart pg_tend_iotrace", link->dir);
			break;
		case TEND_SNAPSHOT_BAD:
			w->state = "snapshot not believed";
			SAY(w, "%s", ic->problem);
			DO(w, "df '%s'; sudo systemctl restart pg_tend_iotrace", link->dir);
			break;
		case TEND_SNAPSHOT_STALE:
			w->state = "stale";
			SAY(w, "the snapshot is %.1f s old, though it is written every %.1f s: pg_tend_iotrace is stopped, or its disk is full",
				ic->age_ms / 1000, ic->header->period_ms / 1000.0);
			DO(w, "df '%s'; sudo systemctl restart pg_tend_iotrace", link->dir);
			break;
		case TEND_SNAPSHOT_GOOD:
			attached(w, ic);
			break;
		case TEND_SNAPSHOT_NOT_READ:
			w->state = "starting";
			break;
	}
}

TendIotraceWords
tend_iotrace_words(const TendIotraceCase *ic)
{
	TendIotraceWords w = {.state = "unknown"};

	if (!ic->preloaded)
	{
		w.state = "not preloaded";
		SAY(&w, "the library was not loaded when the server started");
		DO(&w, "Add \"pg_tend\" to shared_preload_libraries and restart the server.");
	}
	else if (!ic->launcher_runs)
	{
		w.state = "no launcher";
		SAY(&w, "the background worker that reaches pg_tend_iotrace does not run");
		DO(&w, "See the server log, and whether max_worker_processes leaves room for it.");
	}
	else if (ic->link->state == TEND_IOTRACE_ATTACHED)
		of_snapshot(&w, ic);
	else
		unattached(&w, ic->link);
	return w;
}
