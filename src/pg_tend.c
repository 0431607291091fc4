/*-------------------------------------------------------------------------
 *
 * pg_tend.c
 *	  Entry point of the library.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/farewell.h"
#include "collect/cancel.h"
#include "collect/checkpoint_log.h"
#include "collect/executions.h"
#include "collect/price.h"
#include "compat.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "settings.h"
#include "storage/ipc.h"
#include "store/shared.h"
#include "version.h"
#include "worker/worker.h"

TEND_MODULE_MAGIC(TEND_VERSION);

/* fmgr.h declares it from 16 on */
extern PGDLLEXPORT void _PG_init(void);

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;

static void
shmem_request(void)
{
	if (previous_shmem_request_hook != NULL)
		previous_shmem_request_hook();
	tend_shared_request();
}

static void
shmem_startup(void)
{
	if (previous_shmem_startup_hook != NULL)
		previous_shmem_startup_hook();
	tend_shared_init();
}

/*
 * Loaded by shared_preload_libraries we do everything.  Loaded later, by a
 * function call or by pg_upgrade, we say nothing: the functions that need
 * shared memory will.
 */
void
_PG_init(void)
{
	tend_settings_define(process_shared_preload_libraries_in_progress);
	if (!process_shared_preload_libraries_in_progress)
		return;
	tend_settings_check_memory();

	previous_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = shmem_request;
	previous_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
	tend_cancel_install_hook();
	tend_checkpoint_log_install();
	tend_farewell_install();
	tend_price_install();
	tend_executions_install();
	tend_launcher_register();

	/* plans are known by the query they belong to */
	EnableQueryId();
}
