/**
 * A model in ONNX's wire format (onnx.proto, IR version 10). The numbers are the field numbers of the messages there; the
 * wire format itself is protobufjs's business.
 */
import protobuf, { type Writer } from "protobufjs/minimal.js"
import { type Attribute } from "./attributes.ts"
import { elementTypeCodes } from "./element-type.ts"
import { type Initializer, type Model, type ModelNode, type ModelValue } from "./model.ts"

const irVersion = 10
/** The operator sets that the lowerings are written for. */
const operatorSets = [
  { domain: "", version: 21 },
  { domain: "com.microsoft", version: 1 },
  { domain: "com.microsoft.nchwc", version: 1 }
] as const

const varint = 0
const fixed32 = 5
const bytes = 2
const tag = (field: number, wireType: number) => (field << 3) | wireType

export const encodeModel = (model: Model): Uint8Array => {
  const writer = protobuf.Writer.create()
  writer.uint32(tag(1, varint)).int64(irVersion)
  writer.uint32(tag(2, bytes)).string("ablate")
  writer.uint32(tag(7, bytes)).fork()
  writeGraph(writer, model)
  writer.ldelim()
  for (const { domain, version } of operatorSets) {
    writer.uint32(tag(8, bytes)).fork()
    writer.uint32(tag(1, bytes)).string(domain)
    writer.uint32(tag(2, varint)).int64(version)
    writer.ldelim()
  }
  return writer.finish()
}

const writeGraph = (writer: Writer, model: Model): void => {
  for (const node of model.nodes) message(writer, 1, () => writeNode(writer, node))
  writer.uint32(tag(2, bytes)).string("graph")
  for (const tensor of model.initializers) message(writer, 5, () => writeTensor(writer, tensor))
  for (const value of model.inputs) message(writer, 11, () => writeValue(writer, value))
  for (const value of model.outputs) message(writer, 12, () => writeValue(writer, value))
}

const writeNode = (writer: Writer, node: ModelNode): void => {
  for (const input of node.inputs) writer.uint32(tag(1, bytes)).string(input)
  for (const output of node.outputs) writer.uint32(tag(2, bytes)).string(output)
  writer.uint32(tag(4, bytes)).string(node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, () => writeAttribute(writer, name, attribute))
  }
  if (node.domain !== "") writer.uint32(tag(7, bytes)).string(node.domain)
}

/** AttributeProto: the value lies in the field of its type, and field 20 names that type. */
const writeAttribute = (writer: Writer, name: string, value: Attribute): void => {
  const type = (code: number) => writer.uint32(tag(20, varint)).int32(code)
  writer.uint32(tag(1, bytes)).string(name)
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new TypeError(`attribute ${name}: ${value} is no integer`)
    writer.uint32(tag(3, varint)).int64(value)
    type(2)
  } else if (typeof value === "string") {
    writer.uint32(tag(4, bytes)).string(value)
    type(3)
  } else if ("float" in value) {
    writer.uint32(tag(2, fixed32)).float(value.float)
    type(1)
  } else if ("floats" in value) {
    for (const number of value.floats) writer.uint32(tag(7, fixed32)).float(number)
    type(6)
  } else {
    for (const number of value) writer.uint32(tag(8, varint)).int64(number)
    type(7)
  }
}

const writeTensor = (writer: Writer, { data, dims, name, type }: Initializer): void => {
  for (const dim of dims) writer.uint32(tag(1, varint)).int64(dim)
  writer.uint32(tag(2, varint)).int32(elementTypeCodes[type])
  writer.uint32(tag(8, bytes)).string(name)
  if (data instanceof Uint8Array) {
    writer.uint32(tag(9, bytes)).bytes(data)
    return
  }
  const entries = { location: data.file, offset: `${data.offset}`, length: `${data.length}` }
  for (const [key, value] of Object.entries(entries)) {
    message(writer, 13, () => {
      writer.uint32(tag(1, bytes)).string(key)
      writer.uint32(tag(2, bytes)).string(value)
    })
  }
  const external = 1
  writer.uint32(tag(14, varint)).int32(external)
}

const writeValue = (writer: Writer, { dims, name, type }: ModelValue): void => {
  writer.uint32(tag(1, bytes)).string(name)
  message(writer, 2, () => {
    message(writer, 1, () => {
      writer.uint32(tag(1, varint)).int32(elementTypeCodes[type])
      message(writer, 2, () => {
        for (const dim of dims) {
          message(writer, 1, () => writer.uint32(tag(1, varint)).int64(dim))
        }
      })
    })
  })
}

const message = (writer: Writer, field: number, body: () => void): void => {
  writer.uint32(tag(field, bytes)).fork()
  body()
  writer.ldelim()
}
