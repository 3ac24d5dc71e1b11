/** A campaign as a form: what it is to reach, whom it is for, what it holds, what it may cost, who is held out. */
import { useQuery } from "@tanstack/react-query";
import { Input, Select } from "antd";
import { listOffers } from "../api/act";
import { listSegments } from "../api/calls";
import type { CampaignTerms, GoalMetric, Piece } from "../api/campaigns";
import { listPlays } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput, PercentInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { instantOf, wallTime } from "../offers/terms";
import type { Place } from "../people/usePlace";
import { Panel } from "../ui/Page";

interface Props {
  terms: CampaignTerms;
  place: Place;
  onChange: (terms: CampaignTerms) => void;
  /** Once people were assigned, whom it is for, what it holds and who is held out stay. */
  fixed: boolean;
  /** What is made together with it, in words. */
  made?: string | undefined;
}

const metrics: GoalMetric[] = ["orders", "revenue", "joins", "completions", "incremental_revenue"];
const isMoney = (metric: GoalMetric) => metric === "revenue" || metric === "incremental_revenue";
const keyOf = ({ kind, id }: Piece) => `${kind}/${id}`;

export function CampaignForm({ terms, place, onChange, fixed, made }: Props) {
  const { t } = useI18n();
  const set = (part: Partial<CampaignTerms>) => onChange({ ...terms, ...part });
  const { goal, floor } = terms;
  const time = (field: "starts_at" | "ends_at", disabled: boolean) => (
    <Field label={t(`campaigns.${field}`)}>
      <Input
        type="datetime-local"
        aria-label={t(`campaigns.${field}`)}
        disabled={disabled}
        value={wallTime(terms[field], place.timeZone)}
        onChange={(typed) => set({ [field]: instantOf(typed.target.value, place.timeZone) })}
      />
    </Field>
  );
  return (
    <div className="stack">
      <Panel title={t("campaigns.part.what")} label={t("campaigns.part.what")}>
        <div className="panel-body fields">
          <Field label={t("offers.name")}>
            <Input
              aria-label={t("offers.name")}
              className="offer-name"
              value={terms.name}
              onChange={(typed) => set({ name: typed.target.value })}
            />
          </Field>
          <Field label={t("campaigns.goal")}>
            <Select
              aria-label={t("campaigns.goal")}
              className="plain-input"
              allowClear
              value={goal?.metric ?? null}
              onChange={(metric: GoalMetric | undefined) =>
                set({ goal: metric === undefined ? null : { metric, target: goal?.target ?? 100 } })
              }
              options={metrics.map((value) => ({ value, label: t(`campaigns.goal.${value}`) }))}
            />
          </Field>
          {goal != null && (
            <Field label={t("campaigns.target")}>
              {isMoney(goal.metric) ? (
                <MoneyInput
                  label={t("campaigns.target")}
                  currency={terms.currency}
                  value={goal.target}
                  onChange={(target) => set({ goal: { ...goal, target: target ?? 1 } })}
                />
              ) : (
                <CountInput
                  label={t("campaigns.target")}
                  least={1}
                  value={goal.target}
                  onChange={(target) => set({ goal: { ...goal, target: target ?? 1 } })}
                />
              )}
            </Field>
          )}
          {time("starts_at", fixed)}
          {time("ends_at", false)}
        </div>
      </Panel>
      <Panel title={t("campaigns.part.audience")} label={t("campaigns.part.audience")}>
        <Audience terms={terms} place={place} set={set} fixed={fixed} />
      </Panel>
      <Panel title={t("campaigns.part.pieces")} label={t("campaigns.part.pieces")}>
        <div className="panel-body stack">
          {made !== undefined && <p>{made}</p>}
          <Pieces pieces={terms.pieces ?? []} fixed={fixed} onChange={(pieces) => set({ pieces })} />
          <p className="faint">{t("campaigns.piecesAbout")}</p>
        </div>
      </Panel>
      <Panel title={t("campaigns.part.budget")} label={t("campaigns.part.budget")}>
        <div className="panel-body stack">
          <div className="fields">
            <Field label={t("campaigns.budget")}>
              <MoneyInput
                label={t("campaigns.budget")}
                currency={terms.currency}
                value={terms.budget_minor}
                onChange={(minor) => set({ budget_minor: minor ?? null })}
              />
            </Field>
            <Field label={t("campaigns.floor")}>
              <CountInput
                label={t("campaigns.floor")}
                least={1}
                placeholder={t("offers.noLimit")}
                value={floor?.least_per_hundred}
                onChange={(least) =>
                  set({
                    floor: least == null ? null : { least_per_hundred: least, after_orders: floor?.after_orders ?? 50 },
                  })
                }
              />
            </Field>
            {floor != null && (
              <Field label={t("campaigns.floorAfter")}>
                <CountInput
                  label={t("campaigns.floorAfter")}
                  least={1}
                  value={floor.after_orders}
                  onChange={(orders) => set({ floor: { ...floor, after_orders: orders ?? 1 } })}
                />
              </Field>
            )}
          </div>
          <p className="faint">{t("campaigns.budgetAbout")}</p>
        </div>
      </Panel>
    </div>
  );
}

interface AudienceProps {
  terms: CampaignTerms;
  place: Place;
  set: (part: Partial<CampaignTerms>) => void;
  fixed: boolean;
}

function Audience({ terms, place, set, fixed }: AudienceProps) {
  const { t } = useI18n();
  // Counted all the time: so is what is shown.
  const segments = useQuery({ queryKey: ["segments", "list"], queryFn: listSegments, refetchInterval: 10_000 });
  const all = segments.data?.segments ?? [];
  const chosen = all.find((segment) => segment.id === terms.segment);
  const share = (terms.holdout_basis_points ?? 1_000) / 10_000;
  const heldOut = terms.holdout_basis_points ?? 1_000;
  return (
    <div className="panel-body stack">
      <div className="fields">
        <Field label={t("campaigns.segment")}>
          <Select
            aria-label={t("campaigns.segment")}
            className="words"
            allowClear
            showSearch
            disabled={fixed}
            optionFilterProp="label"
            placeholder={t("campaigns.everybody")}
            value={terms.segment ?? null}
            onChange={(segment: string | undefined) => set({ segment: segment ?? null })}
            options={all.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </Field>
        <fieldset className="plain-set" disabled={fixed}>
          <Field label={t("campaigns.holdout")}>
            <PercentInput
              label={t("campaigns.holdout")}
              value={heldOut}
              onChange={(basis) => set({ holdout_basis_points: basis ?? 0 })}
            />
          </Field>
        </fieldset>
        {heldOut === 0 && (
          <Field label={t("campaigns.waiver")}>
            <Input
              aria-label={t("campaigns.waiver")}
              className="offer-name"
              disabled={fixed}
              value={terms.no_holdout_because ?? ""}
              onChange={(typed) => set({ no_holdout_because: typed.target.value === "" ? null : typed.target.value })}
            />
          </Field>
        )}
      </div>
      {chosen !== undefined && (
        <p data-live-size={chosen.people}>
          {t("campaigns.liveSize", {
            people: place.format.count(chosen.people),
            held: place.format.count(Math.round((chosen.people ?? 0) * share)),
          })}
        </p>
      )}
      <p className="faint">{t("campaigns.holdoutAbout")}</p>
    </div>
  );
}

function Pieces({ pieces, fixed, onChange }: { pieces: Piece[]; fixed: boolean; onChange: (pieces: Piece[]) => void }) {
  const { t } = useI18n();
  const offers = useQuery({ queryKey: ["offers", "taken"], queryFn: () => listOffers({ limit: 1_000 }) });
  const plays = useQuery({ queryKey: ["plays", "all"], queryFn: () => listPlays({ limit: 1_000 }) });
  const known: { piece: Piece; name: string }[] = [
    ...(offers.data?.offers ?? []).map((one) => ({
      piece: { kind: "offer" as const, id: one.offer_id },
      name: one.terms.name,
    })),
    ...(plays.data?.plays ?? []).map((one) => ({
      piece: { kind: "play" as const, id: one.play_id },
      name: one.terms.name,
    })),
  ];
  const pieceOf = (key: string): Piece => {
    const [kind = "", ...id] = key.split("/");
    return { kind: kind === "play" ? "play" : "offer", id: id.join("/") };
  };
  return (
    <Field label={t("campaigns.pieces")}>
      <Select
        mode="multiple"
        aria-label={t("campaigns.pieces")}
        className="campaign-pieces"
        disabled={fixed}
        optionFilterProp="label"
        value={pieces.map(keyOf)}
        onChange={(keys: string[]) => onChange(keys.map(pieceOf))}
        options={known.map(({ piece, name }) => ({
          value: keyOf(piece),
          label: `${t(`campaigns.kind.${piece.kind}`)} · ${name}`,
        }))}
      />
    </Field>
  );
}
