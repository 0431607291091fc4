/*-------------------------------------------------------------------------
 *
 * guarded.c
 *	  Do something in the user's session that must not fail for the user.
 *
 * Whatever reads catalogs, or runs a function of a user, may fail, and a
 * user's statement must not fail with it: so it happens in a subtransaction,
 * with memory that goes away at its end.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "collect/guarded.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

int			tend_guarded_depth = 0;

/*
 * Give up, with the state of the transaction as it was, and interrupts held
 * off as before the error, which let them in again.  Returns the error.
 */
static ErrorData *
recover(uint32 holdoff, MemoryContext cxt, ResourceOwner owner)
{
	int			category = ERRCODE_TO_CATEGORY(geterrcode());
	ErrorData  *error = CopyErrorData();

	InterruptHoldoffCount = holdoff;
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	/* a cancel or a timeout is meant for the user's statement */
	if (category == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error;
}

/* May a subtransaction begin here? */
bool
tend_guarded_possible(void)
{
	return IsTransactionState() && !IsInParallelMode() && CritSectionCount == 0;
}

/*
 * Do it; returns the error if it failed.  A cancel request is heeded, and is
 * the statement's.
 */
ErrorData *
tend_guarded_error(void (*work) (void *arg), void *arg)
{
	MemoryContext old_cxt = CurrentMemoryContext;
	ResourceOwner old_owner = CurrentResourceOwner;
	uint32		holdoff = InterruptHoldoffCount;
	int			depth = tend_guarded_depth;
	ErrorData  *volatile error = NULL;
	MemoryContext cxt;

	cxt = AllocSetContextCreate(old_cxt, "pg_tend guarded", ALLOCSET_DEFAULT_SIZES);
	BeginInternalSubTransaction("pg_tend");
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		tend_guarded_depth = depth + 1;
		work(arg);
		tend_guarded_depth = depth;
		MemoryContextSwitchTo(old_cxt);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		tend_guarded_depth = depth;
		MemoryContextSwitchTo(old_cxt);
		error = recover(holdoff, old_cxt, old_owner);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old_cxt);
	CurrentResourceOwner = old_owner;
	MemoryContextDelete(cxt);
	return error;
}

/* Do it; did it work? */
bool
tend_guarded(void (*work) (void *arg), void *arg)
{
	ErrorData  *error = tend_guarded_error(work, arg);

	if (error == NULL)
		return true;
	FreeErrorData(error);
	return false;
}
