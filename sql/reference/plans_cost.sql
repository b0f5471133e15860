-- What operations of a business may cost in a minute, in points (docs/limits.md): a hundredth of a
-- processor's minute is 60 000. A plan that has such a limit keeps it; to lift it, set a very large one.
set local role tenantry_owner;
update app.plans p set limits = p.limits || jsonb_build_object('COST_PER_MINUTE', known.points)
from (values ('BASIC', 200000), ('PREMIUM', 1000000), ('ENTERPRISE', 5000000)) as known (code, points)
where p.code = known.code and not p.limits ? 'COST_PER_MINUTE';
reset role;
