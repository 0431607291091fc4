#ifndef X_H
#define X_H
#include "advise/plan_cause.h"
extern int tend_inputs_record(TimestampTz now, const Oid *relids, int nrelids);
extern int tend_inputs_read(const Oid *relids, int nrelids, TimestampTz at, bool earliest, TendTableInputs **tables);
#endif
