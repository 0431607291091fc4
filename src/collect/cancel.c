/*-------------------------------------------------------------------------
 *
 * cancel.c
 *	  Notice when an autovacuum is cancelled.
 *
 * The server counts finished vacuums only; a cancelled one leaves nothing but
 * a line in the log: "canceling autovacuum task".  We see that line where it
 * is written, in the autovacuum worker.  Its transaction is not aborted yet,
 * so its progress entry still tells the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/cancel.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "utils/backend_status.h"
#include "utils/elog.h"

static emit_log_hook_type previous_emit_log_hook = NULL;

static void
watch_log(ErrorData *edata)
{
	if (MyBackendType == B_AUTOVAC_WORKER &&
		edata->sqlerrcode == ERRCODE_QUERY_CANCELED)
		tend_cancelled_add(MyDatabaseId,
						   MyBEEntry != NULL ? MyBEEntry->st_progress_command_target : InvalidOid);

	if (previous_emit_log_hook != NULL)
		previous_emit_log_hook(edata);
}

void
tend_cancel_install_hook(void)
{
	previous_emit_log_hook = emit_log_hook;
	emit_log_hook = watch_log;
}
