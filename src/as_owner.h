/*-------------------------------------------------------------------------
 *
 * as_owner.h
 *	  Do something with the rights of a table's owner, and no more.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_AS_OWNER_H
#define TEND_AS_OWNER_H

/* Who we were before */
typedef struct TendIdentity
{
	Oid			user;
	int			context;
	int			nest_level;
} TendIdentity;

extern Oid	tend_owner_of(Oid relid);
extern TendIdentity tend_become_owner(Oid relid);
extern TendIdentity tend_become_superuser(void);
extern void tend_become_again(TendIdentity identity);

#endif							/* TEND_AS_OWNER_H */
