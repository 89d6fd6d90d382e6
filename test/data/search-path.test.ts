import { assert, describe, it } from "vitest"
import { delimiter } from "node:path"
import { dataFolders } from "../../src/data/search-path.ts"

describe("dataFolders", () => {
  it("names the user's folders, the project's, and the one beside it, in this order", () => {
    const env = { ABLATE_PROJECT: "/p/project", ABLATE_DATA: ["/sets", "near"].join(delimiter) }
    assert.deepStrictEqual(dataFolders("mnist", env, "/p/project/pipelines"), {
      folders: [
        "/sets/mnist",
        "/sets",
        "/p/project/pipelines/near/mnist",
        "/p/project/pipelines/near",
        "/p/project/data/mnist",
        "/p/project/data",
        "/p/shared/data/mnist",
        "/p/shared/data"
      ],
      downloads: "/p/project/data/mnist"
    })
  })

  it("takes the working directory for the project where none was handed on", () => {
    const { downloads, folders } = dataFolders("mnist", { ABLATE_DATA: "" }, "/here")
    assert.strictEqual(downloads, "/here/data/mnist")
    assert.strictEqual(folders[0], "/here/data/mnist")
    assert.strictEqual(folders.length, 4)
  })
})
