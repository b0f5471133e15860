import { defineLoader } from '../../graphql/loader.ts';
import { findMembersByIds, type Member } from './members.queries.ts';

export const loadMember = defineLoader<Member>(
  (tx, ids) => findMembersByIds(tx, { ids }),
  (member) => member.id,
);
