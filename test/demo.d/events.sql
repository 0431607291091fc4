SELECT format('%s  %-7s  %-6s  %s: %s', to_char(at, 'HH24:MI:SS'), severity, state, kind, message)
  FROM tend.events
 ORDER BY at;
