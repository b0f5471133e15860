import { createHash } from 'node:crypto';
import { holdMs } from '../../features/limits/credit.ts';

/**
 * What app.exchange_credit() does in Postgres, for all buckets of a tenant in one call: a hash for
 * each, with what is taken (`t`), its window (`w`) and what each process holds (`h:<process>`: amount and
 * until when). Their names share a `{tenant}`, so that a cluster keeps them together. A hash lives as long
 * as its window. Redis' own clock says which that is.
 */
const source = `
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local process, channel, tenant = ARGV[1], ARGV[2], ARGV[3]
local answer = {}
local named = tonumber(ARGV[4])
for place, key in ipairs(KEYS) do
  local at = 5 + (place - 1) * 8
  local seconds, limit, starts = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local spent, holding = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local need, smallest, extra = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
  local window = math.floor(ms / 1000 / seconds) * seconds
  local ends = (window + seconds) * 1000
  local taken, elsewhere = 0, 0
  local known = redis.call('HGETALL', key)
  local fields = {}
  for i = 1, #known, 2 do fields[known[i]] = known[i + 1] end
  if tonumber(fields.w or -1) ~= window then
    redis.call('DEL', key)
    redis.call('HSET', key, 'w', window)
  else
    taken = tonumber(fields.t or 0)
    for field, value in pairs(fields) do
      if string.sub(field, 1, 2) == 'h:' then
        local amount, expires = string.match(value, '^(%d+) (%d+)$')
        if tonumber(expires) <= ms then
          redis.call('HDEL', key, field)
        elseif string.sub(field, 3) ~= process then
          elsewhere = elsewhere + tonumber(amount)
        end
      end
    end
  end
  if starts ~= window then holding = 0
  else taken = math.max(taken + spent, 0) end
  local free = math.max(limit - taken - holding - elsewhere, 0)
  local granted = 0
  if free >= smallest then granted = math.min(free, need) end
  free = free - granted
  if granted == need then
    local kept = math.min(extra, math.floor(free / 16))
    granted = granted + kept
    free = free - kept
  elseif elsewhere > 0 then
    redis.call('PUBLISH', channel, process .. ' ' .. tenant .. ' ' .. string.sub(key, named + 1))
  end
  redis.call('HSET', key, 't', taken)
  if holding + granted > 0 then
    redis.call('HSET', key, 'h:' .. process, string.format('%d %d', holding + granted, ms + ${holdMs}))
  else
    redis.call('HDEL', key, 'h:' .. process)
  end
  redis.call('PEXPIRE', key, ends - ms + 1000)
  answer[place] = { window, ends - ms, granted, free, elsewhere }
end
return answer
`;

export const creditScript = { source, sha1: createHash('sha1').update(source).digest('hex') };
