/** Small checked pipelines for tests of drawing: stages by name, with what each reads. */
import type { CheckedPipeline, InputRef, StageInstance } from "../../src/language/pipeline.ts"

/** `{ noisy: ["photo.image"] }`; ids may name a point, `blur[k=3]`. A list in a list is a port of many. */
export const pipelineOf = (
  reads: Readonly<Record<string, ReadonlyArray<string | ReadonlyArray<string>>>>
): CheckedPipeline => ({
  name: "small",
  description: "",
  file: "pipelines/small.yaml",
  params: {},
  axes: {},
  instances: Object.entries(reads).map(([id, inputs]) => instanceOf(id, inputs))
})

const instanceOf = (
  id: string,
  inputs: ReadonlyArray<string | ReadonlyArray<string>>
): StageInstance => {
  const [stage = id, point] = id.replace("]", "").split("[")
  return {
    id,
    stage,
    point:
      point === undefined
        ? {}
        : Object.fromEntries(point.split(",").map((part) => part.split("="))),
    uses: `test/${stage}`,
    params: {},
    files: {},
    inputs: Object.fromEntries(inputs.map((input, index) => [`in${index}`, inputOf(input)])),
    outputs: { out: "Tensor" },
    resources: {},
    position: { file: "pipelines/small.yaml", line: 1, column: 1, length: 1 }
  }
}

const inputOf = (text: string | ReadonlyArray<string>): InputRef =>
  typeof text === "string"
    ? { kind: "one", from: outputOf(text) }
    : { kind: "many", items: text.map((item) => ({ label: item, from: outputOf(item) })) }

const outputOf = (text: string) => {
  const dot = text.lastIndexOf(".")
  return { instance: text.slice(0, dot), port: text.slice(dot + 1) }
}

/** Two sources, a diamond and a matrix. */
export const diamond = pipelineOf({
  photo: [],
  schedule: [],
  noisy: ["photo.image", "schedule.schedule"],
  "blur[k=3]": ["noisy.images"],
  "blur[k=5]": ["noisy.images"],
  "score[k=3]": ["blur[k=3].images", "photo.image"],
  "score[k=5]": ["blur[k=5].images", "photo.image"],
  best: [["score[k=3].metrics", "score[k=5].metrics"]]
})
