import { defineRule } from '../define.ts';

/**
 * A rule threw. The engine itself makes these findings, with the rule's name as subject, since no check can see another
 * check fail; the definition stands here so that it has a page, a severity and a place in the index like every rule.
 */
export const agentRuleFailed = defineRule({
  name: 'AgentRuleFailed',
  title: 'A rule of the agent failed and judges nothing',
  severity: 'warning',
  page: 'rules/host/agent-rule-failed.md',
  needs: [],
  clearAfterSeconds: 60,
  settings: {},
  *check() {},
});
