/** The long versions, 100 and 10 rounds, are `npm run test:kill`. */
import { assert, it } from "vitest"
import { killRounds } from "../kill/rounds.ts"
import { killTrainings } from "../kill/training-rounds.ts"

it("survives kill -9 of drivers and workers at random moments (slow: about half a minute)", async () => {
  const summary = await killRounds(8, () => undefined)
  assert.isAbove(summary.driversKilled + summary.workersKilled, 0)
}, 180_000)

it("trains to the same bits after kill -9 in the middle of an epoch", async () => {
  const { driversKilled, workersKilled } = await killTrainings(3, () => undefined)
  assert.isAbove(driversKilled + workersKilled, 0)
}, 180_000)
