/*-------------------------------------------------------------------------
 *
 * row_security.h
 *	  Are some rows of a table hidden from some users?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ROW_SECURITY_H
#define TEND_ROW_SECURITY_H

extern bool tend_has_row_security(Oid relid);

#endif							/* TEND_ROW_SECURITY_H */
