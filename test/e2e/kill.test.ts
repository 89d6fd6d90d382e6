import { assert, it } from "vitest"
import { killRounds } from "../kill/rounds.ts"

// The long version, 100 rounds, is `npm run test:kill`.
it("survives kill -9 of drivers and workers at random moments (slow: about half a minute)", async () => {
  const summary = await killRounds(8, () => undefined)
  assert.isAbove(summary.driversKilled + summary.workersKilled, 0)
}, 180_000)
