SELECT severity, what, why_and_what_to_do
  FROM tend.health_page
 WHERE severity IN ('critical', 'warning')
 LIMIT 6;
