/*-------------------------------------------------------------------------
 *
 * size.h
 *	  How large is a relation on disk, without locking it?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SIZE_H
#define TEND_SIZE_H

extern int64 tend_relation_bytes(Oid relid);

#endif							/* TEND_SIZE_H */
