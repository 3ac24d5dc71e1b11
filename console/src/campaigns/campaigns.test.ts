import { describe, expect, it } from "vitest";
import { campaignIdOf, templateIds, templateOf } from "./campaigns";

describe("campaigns", () => {
  it("every template holds out a tenth, has a budget and an end", () => {
    for (const id of templateIds) {
      const { terms } = templateOf(id, "name", "piece", "CNY", Date.parse("2026-11-11T10:20:00Z"));
      expect(terms.holdout_basis_points).toBe(1_000);
      expect(terms.budget_minor).toBe(500_000);
      expect(terms.ends_at).toBe("2026-11-25T11:00:00.000Z");
    }
  });

  it("a new campaign gets an identifier that is not taken", () => {
    expect(campaignIdOf("winBack", [])).toBe("win_back");
    expect(campaignIdOf("winBack", ["win_back", "win_back_2"])).toBe("win_back_3");
  });
});
