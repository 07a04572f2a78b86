/** What a new policy begins with: one of the rules that docs/policies.md tells of. */
export const EXAMPLE = `apiVersion: reeve/v1
kind: Policy
id: battery
mode: monitor  # enforce: locks act too
applies: {labels: {fleet: trucks}}
rules:
  - id: low
    threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2}
    respond: [alarm]
`;
