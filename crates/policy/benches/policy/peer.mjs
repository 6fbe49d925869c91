// Decides the sample cases with `@cloud-copilot/iam-simulate`, by the usage its README documents. Input is validated, as
// its documentation recommends. The first line it prints says what it decides; then each line it reads is one timed pass
// over the cases it decides.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

const named = (policies = []) => policies.map((policy, at) => ({ name: `policy-${at}`, policy }))
const levels = (all = []) => all.map((level, at) => ({ orgIdentifier: `level-${at}`, policies: named(level) }))

const simulation = ({ request, ...policies }) => ({
  request: {
    principal: request.principal === 'anonymous' ? anonymousPrincipal : request.principal,
    action: request.action,
    resource: { resource: request.resource.arn, accountId: request.resource.accountId },
    contextVariables: request.context,
  },
  identityPolicies: named(policies.identityPolicies),
  serviceControlPolicies: levels(policies.scps),
  resourceControlPolicies: levels(policies.rcps),
  ...(policies.resourcePolicy && { resourcePolicy: policies.resourcePolicy }),
  ...(policies.boundary && { permissionBoundaryPolicies: named([policies.boundary]) }),
  ...(policies.sessionPolicies?.length && { sessionPolicy: policies.sessionPolicies[0] }),
  ...(policies.endpointPolicies && { vpcEndpointPolicies: named(policies.endpointPolicies) }),
})

const decide = async (simulation) => {
  try {
    const answer = await runSimulation(simulation, {})
    return answer.resultType === 'error' ? undefined : answer.overallResult
  } catch {
    return undefined
  }
}

const cases = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
const decided = []
let agreeing = 0
for (const each of cases) {
  const asked = simulation(each)
  const decision = await decide(asked)
  if (decision === undefined) continue
  decided.push(asked)
  agreeing += decision === each.expected.decision ? 1 : 0
}
console.log(JSON.stringify({ cases: cases.length, decided: decided.length, agreeing }))

for await (const _ of createInterface({ input: process.stdin })) {
  const started = process.hrtime.bigint()
  for (const asked of decided) await decide(asked)
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - started) / 1e9 }))
}
