import { assert, it } from "vitest"
import { indexAt } from "../../src/values/index-at.ts"

it("indexAt counts like nested loops", () => {
  assert.deepStrictEqual(indexAt(0, [2, 3, 4]), [0, 0, 0])
  assert.deepStrictEqual(indexAt(23, [2, 3, 4]), [1, 2, 3])
  assert.deepStrictEqual(indexAt(13, [2, 3, 4]), [1, 0, 1])
})
