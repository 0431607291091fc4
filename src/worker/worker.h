/*-------------------------------------------------------------------------
 *
 * worker.h
 *	  The launcher and the visits it starts.  See worker/README.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WORKER_H
#define TEND_WORKER_H

extern void tend_launcher_register(void);
extern PGDLLEXPORT void tend_launcher_main(Datum arg);
extern PGDLLEXPORT void tend_visit_main(Datum arg);
extern bool tend_database_wanted_by_others(Oid dboid);

#endif							/* TEND_WORKER_H */
