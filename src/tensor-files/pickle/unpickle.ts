/**
 * Reads a pickle of tensors, protocols 2 to 5 (Lib/pickletools.py of CPython), without a way to execute anything: of all
 * names it knows OrderedDict, the storages and the function that describes a tensor, and these are data here.
 */
import { call, globalOf, isCount, type Refuse } from "./globals.ts"
import { byteReader } from "./byte-reader.ts"
import type { DictKey, PickleValue, Storage } from "./value.ts"

/** @param refuse is told what is wrong; it throws */
export const unpickle = (bytes: Uint8Array, refuse: Refuse): PickleValue => {
  const reader = byteReader(bytes, refuse)
  const stack: Array<PickleValue> = []
  /** Heights of the stack where marks lie. */
  const marks: Array<number> = []
  const memo = new Map<number, PickleValue>()

  const pop = (): PickleValue => {
    // What lies below a mark is not this step's.
    if (stack.length <= (marks.at(-1) ?? 0)) return refuse("it takes more values than it has made")
    return stack.pop()!
  }
  const top = (): PickleValue => {
    const value = pop()
    stack.push(value)
    return value
  }
  const popToMark = (): Array<PickleValue> => {
    const mark = marks.pop()
    return mark === undefined ? refuse("a mark is missing") : stack.splice(mark)
  }
  const tuple = (items: Array<PickleValue>): void => void stack.push({ type: "tuple", items })
  const popTuple = (count: number): Array<PickleValue> =>
    Array.from({ length: count }, pop).toReversed()
  const remember = (index: number): void => void memo.set(index, top())
  const recall = (index: number): void => {
    const value = memo.get(index)
    if (value === undefined) refuse(`it recalls value ${index}, which it has not kept`)
    else stack.push(value)
  }

  const first = reader.byte()
  const protocol = first === 0x80 ? reader.byte() : 0
  if (protocol < 2 || protocol > 5) {
    return refuse(`it is of protocol ${first === 0x80 ? protocol : "0 or 1"}; known are 2 to 5`)
  }
  for (;;) {
    const code = reader.byte()
    switch (code) {
      case 0x2e: // STOP
        if (stack.length !== 1 || marks.length > 0) return refuse("it ends with values left over")
        return reader.atEnd() ? pop() : refuse("something follows its end")
      case 0x95: // FRAME
        reader.frame()
        break
      case 0x28: // MARK
        marks.push(stack.length)
        break
      case 0x30: // POP
        if (marks.at(-1) === stack.length) marks.pop()
        else pop()
        break
      case 0x31: // POP_MARK
        popToMark()
        break
      case 0x32: // DUP
        stack.push(top())
        break
      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
        stack.push(true)
        break
      case 0x89: // NEWFALSE
        stack.push(false)
        break
      case 0x4a: // BININT
        stack.push(reader.int32())
        break
      case 0x4b: // BININT1
        stack.push(reader.byte())
        break
      case 0x4d: // BININT2
        stack.push(reader.uint16())
        break
      case 0x8a: // LONG1
        stack.push(reader.long(reader.byte()))
        break
      case 0x8b: // LONG4
        stack.push(reader.long(reader.int32()))
        break
      case 0x47: // BINFLOAT
        stack.push(reader.double())
        break
      case 0x8c: // SHORT_BINUNICODE
        stack.push(reader.text(reader.byte()))
        break
      case 0x58: // BINUNICODE
        stack.push(reader.text(reader.uint32()))
        break
      case 0x8d: // BINUNICODE8
        stack.push(reader.text(reader.uint64()))
        break
      case 0x5d: // EMPTY_LIST
        stack.push({ type: "list", items: [] })
        break
      case 0x61: // APPEND
        append(onTop(stack, [pop()]), refuse)
        break
      case 0x65: // APPENDS
        append(onTop(stack, popToMark()), refuse)
        break
      case 0x29: // EMPTY_TUPLE
        tuple([])
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        tuple(popTuple(code - 0x84))
        break
      case 0x74: // TUPLE
        tuple(popToMark())
        break
      case 0x7d: // EMPTY_DICT
        stack.push({ type: "dict", ordered: false, entries: new Map() })
        break
      case 0x73: // SETITEM
        setItems(onTop(stack, popTuple(2)), refuse)
        break
      case 0x75: // SETITEMS
        setItems(onTop(stack, popToMark()), refuse)
        break
      case 0x71: // BINPUT
        remember(reader.byte())
        break
      case 0x72: // LONG_BINPUT
        remember(reader.uint32())
        break
      case 0x94: // MEMOIZE
        remember(memo.size)
        break
      case 0x68: // BINGET
        recall(reader.byte())
        break
      case 0x6a: // LONG_BINGET
        recall(reader.uint32())
        break
      case 0x63: // GLOBAL
        stack.push({ type: "global", global: globalOf(reader.line(), reader.line(), refuse) })
        break
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = popTuple(2)
        if (typeof module !== "string" || typeof name !== "string") {
          return refuse("it speaks of a name that is no text")
        }
        stack.push({ type: "global", global: globalOf(module, name, refuse) })
        break
      }
      case 0x52: {
        // REDUCE
        const [callee, args] = popTuple(2)
        if (!isOf(callee, "global") || !isOf(args, "tuple")) {
          return refuse("it calls what is no function; nothing was run")
        }
        stack.push(call(callee.global, args, refuse))
        break
      }
      case 0x62: {
        // BUILD: nn.Module.state_dict gives its OrderedDict the attribute _metadata, which no tensor needs.
        const state = pop()
        const object = top()
        if (!isOf(object, "dict") || !object.ordered || !isOf(state, "dict")) {
          return refuse("it sets the state of an object; nothing was run")
        }
        break
      }
      case 0x51: // BINPERSID
        stack.push({ type: "storage", storage: storageOf(pop(), refuse) })
        break
      case 0x69: {
        // INST
        globalOf(reader.line(), reader.line(), refuse)
        return refuse("it makes an object; nothing was run")
      }
      default:
        return refuse(refusedCodes[code] ?? `it has the unknown instruction ${code}`)
    }
  }
}

/** Instructions that no file of tensors needs. */
const refusedCodes: { readonly [code: number]: string } = {
  0x6f: "it makes an object (OBJ); nothing was run",
  0x81: "it makes an object (NEWOBJ); nothing was run",
  0x92: "it makes an object (NEWOBJ_EX); nothing was run",
  0x82: "it calls what copyreg has registered (EXT1); nothing was run",
  0x83: "it calls what copyreg has registered (EXT2); nothing was run",
  0x84: "it calls what copyreg has registered (EXT4); nothing was run",
  0x50: "it names a storage in text (PERSID), which torch.save does not",
  0x42: "it holds bytes, which are no tensors",
  0x43: "it holds bytes, which are no tensors",
  0x8e: "it holds bytes, which are no tensors",
  0x96: "it holds bytes, which are no tensors",
  0x54: "it holds a byte string of Python 2",
  0x55: "it holds a byte string of Python 2",
  0x8f: "it holds a set",
  0x90: "it holds a set",
  0x91: "it holds a set",
  0x97: "it takes a buffer from outside",
  0x98: "it takes a buffer from outside"
}

const isOf = <T extends string>(
  value: PickleValue | undefined,
  type: T
): value is Extract<PickleValue, { readonly type: T }> =>
  typeof value === "object" && value !== null && value.type === type

interface OnTop {
  /** What lies below the items. */
  readonly target: PickleValue | undefined
  readonly items: ReadonlyArray<PickleValue>
}
const onTop = (stack: ReadonlyArray<PickleValue>, items: ReadonlyArray<PickleValue>): OnTop => ({
  target: stack.at(-1),
  items
})

const append = ({ items, target }: OnTop, refuse: Refuse): void => {
  if (!isOf(target, "list")) return refuse("it appends to what is no list")
  for (const item of items) target.items.push(item)
}

const setItems = ({ items, target }: OnTop, refuse: Refuse): void => {
  if (!isOf(target, "dict") || items.length % 2 === 1) {
    return refuse("it sets items of what is no dictionary")
  }
  for (let index = 0; index < items.length; index += 2) {
    target.entries.set(keyOf(items[index], refuse), items[index + 1]!)
  }
}

const keyOf = (value: PickleValue | undefined, refuse: Refuse): DictKey =>
  value === undefined || (typeof value === "object" && value !== null)
    ? refuse("a dictionary has a key that is neither text nor a number")
    : value

/**
 * `("storage", storage class, key, location, elements)`, of torch/serialization.py. Location is the device that it was
 * saved from.
 */
const storageOf = (id: PickleValue, refuse: Refuse): Storage => {
  const wrong = (): never => refuse("it names data in a way that torch.save does not")
  if (!isOf(id, "tuple") || id.items.length !== 5) return wrong()
  const [kind, type, key, location, length] = id.items
  if (kind !== "storage" || typeof location !== "string") return wrong()
  if (!isOf(type, "global") || type.global.kind !== "storage") return wrong()
  if (typeof key !== "string" || !/^\d{1,10}$/.test(key)) {
    return refuse(
      `it names data ${JSON.stringify(key ?? null)?.slice(0, 200)}, which is no record's number`
    )
  }
  return isCount(length) ? { dtype: type.global.dtype, key, length } : wrong()
}
