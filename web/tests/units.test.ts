import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Unit, UnitSchema } from "~/gen/briefing/v1/org_pb";
import { knownKinds, sameKind, unitQuestion } from "~/pages/admin/unitQuestions";

const unit = (name: string, displayName: string, parent = "", kind = ""): Unit =>
  create(UnitSchema, { name: name && `units/${name}`, displayName, parent: parent && `units/${parent}`, kind });

const tree = [
  unit("tinh", "UBND tỉnh", "", "tỉnh"),
  unit("xa", "UBND xã Tân Lập", "tinh", "xa"),
  unit("hoi", "Hội", "tinh", "Hội"),
];

describe("what is asked before a unit is saved", () => {
  it("is whether it stands beside the root", () => {
    expect(unitQuestion(tree, unit("", "UBND xã Mới"))).toBe("root");
    expect(unitQuestion([], unit("", "UBND tỉnh"))).toBe(null);
    expect(unitQuestion(tree, unit("tinh", "UBND tỉnh Mới"))).toBe(null);
    expect(unitQuestion(tree, unit("xa", "UBND xã Tân Lập"))).toBe("root");
  });

  it("is whether it is another one of the same name below the same unit", () => {
    expect(unitQuestion(tree, unit("", "ubnd xa tan lap", "tinh"))).toBe("twin");
    expect(unitQuestion(tree, unit("", "UBND xã Tân Lập", "hoi"))).toBe(null);
    expect(unitQuestion(tree, unit("xa", "UBND xã Tân Lập", "tinh"))).toBe(null);
  });
});

describe("kinds", () => {
  it("are the usual ones and those in use, each once, whatever its signs", () => {
    const kinds = knownKinds(tree);
    expect(kinds.filter((kind) => ["xã", "xa", "Hội"].includes(kind))).toEqual(["xã", "Hội"]);
  });

  it("are meant by what is typed without signs", () => {
    expect([" XA ", "hội", "đội"].map((typed) => sameKind(knownKinds(tree), typed))).toEqual(["xã", "Hội", "đội"]);
  });
});
