/** What a cart costs with an offer, published or not: every unit's price, what was applied, what was not and why. */
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Input } from "antd";
import { useState } from "react";
import type { Cart, CartLine, CartShopper, QuoteAnswer } from "../api/act";
import { tryCart } from "../api/act";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { DeleteOutlined, PlusOutlined } from "../ui/icons";
import { Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { CountInput, MoneyInput } from "./Amount";
import { Field } from "./BenefitForm";
import { Words } from "./ScopeForm";
import { minorOf } from "./terms";

interface Props {
  /** Offers that count although they are not published. */
  drafts: string[];
  currency: string;
  place: Place;
  /** Products the offer speaks of, to begin with. */
  products: readonly string[];
}

function sampleLines(products: readonly string[], currency: string): CartLine[] {
  const names = products.length === 0 ? ["mug", "tea"] : products.slice(0, 4);
  return names.map((product_id, index) => ({
    line_id: String(index + 1),
    product_id,
    quantity: index === 0 ? 2 : 3,
    unit_minor: minorOf(index === 0 ? 68 : 39, currency),
  }));
}

export function TryCart({ drafts, currency, place, products }: Props) {
  const { t } = useI18n();
  const [lines, setLines] = useState(() => sampleLines(products, currency));
  const [freight, setFreight] = useState(() => minorOf(12, currency));
  const [shopper, setShopper] = useState<CartShopper>({ shopper_id: "try-out" });
  const [codes, setCodes] = useState<string[]>([]);
  const quote = useMutation({
    mutationFn: () => {
      const cart: Cart = { currency, lines, freight_minor: freight };
      return tryCart({ cart, shopper, codes, drafts });
    },
  });
  const change = (index: number, part: Partial<CartLine>) =>
    setLines(lines.map((line, at) => (at === index ? { ...line, ...part } : line)));
  return (
    <div className="stack">
      <Panel title={t("try.cart")} label={t("try.cart")}>
        <div className="panel-body stack">
          {lines.map((line, index) => (
            <div className="fields cart-line" key={line.line_id}>
              <Field label={t("offers.product")}>
                <Input
                  aria-label={t("offers.product")}
                  value={line.product_id}
                  onChange={(typed) => change(index, { product_id: typed.target.value })}
                />
              </Field>
              <Field label={t("try.category")}>
                <Input
                  aria-label={t("try.category")}
                  value={line.category ?? ""}
                  onChange={(typed) => change(index, { category: typed.target.value || null })}
                />
              </Field>
              <Field label={t("try.brand")}>
                <Input
                  aria-label={t("try.brand")}
                  value={line.brand ?? ""}
                  onChange={(typed) => change(index, { brand: typed.target.value || null })}
                />
              </Field>
              <Field label={t("offers.units")}>
                <CountInput
                  label={t("offers.units")}
                  least={1}
                  value={line.quantity}
                  onChange={(quantity) => change(index, { quantity: quantity ?? 1 })}
                />
              </Field>
              <Field label={t("try.listPrice")}>
                <MoneyInput
                  label={t("try.listPrice")}
                  currency={currency}
                  value={line.unit_minor}
                  onChange={(minor) => change(index, { unit_minor: minor ?? 0 })}
                />
              </Field>
              {lines.length > 1 && (
                <Button
                  type="text"
                  aria-label={t("try.removeLine")}
                  icon={<DeleteOutlined />}
                  onClick={() => setLines(lines.filter((_, at) => at !== index))}
                />
              )}
            </div>
          ))}
          <div className="fields">
            <Button
              icon={<PlusOutlined />}
              onClick={() => {
                const next = Math.max(0, ...lines.map((line) => Number(line.line_id))) + 1;
                setLines([...lines, { line_id: String(next), product_id: "", quantity: 1, unit_minor: 0 }]);
              }}
            >
              {t("try.addLine")}
            </Button>
            <Field label={t("try.freight")}>
              <MoneyInput
                label={t("try.freight")}
                currency={currency}
                value={freight}
                onChange={(minor) => setFreight(minor ?? 0)}
              />
            </Field>
            <Field label={t("try.codes")}>
              <Words label={t("try.codes")} value={codes} onChange={setCodes} />
            </Field>
            <Field label={t("try.level")}>
              <Input
                aria-label={t("try.level")}
                value={shopper.level ?? ""}
                onChange={(typed) => setShopper({ ...shopper, level: typed.target.value || null })}
              />
            </Field>
            {(["first_order", "birthday"] as const).map((part) => (
              <Checkbox
                key={part}
                checked={shopper[part] === true}
                onChange={(ticked) => setShopper({ ...shopper, [part]: ticked.target.checked })}
              >
                {t(`try.${part}`)}
              </Checkbox>
            ))}
          </div>
          <div>
            <Button type="primary" loading={quote.isPending} onClick={() => quote.mutate()}>
              {t("try.action")}
            </Button>
          </div>
          {quote.isError && <Alert type="error" showIcon title={problemText(quote.error, t)} />}
        </div>
      </Panel>
      {quote.data !== undefined && <Quoted quote={quote.data} place={place} />}
    </div>
  );
}

function Quoted({ quote, place }: { quote: QuoteAnswer; place: Place }) {
  const { t } = useI18n();
  const { format, language } = place;
  const money = (minor: number) => format.money(minor, quote.currency);
  return (
    <>
      <Panel
        title={t("try.price")}
        label={t("try.price")}
        tools={<strong className="try-total">{t("try.payable", { amount: money(quote.payable_minor) })}</strong>}
      >
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t("offers.product")}</th>
              <th scope="col" className="people-figure">
                {t("offers.units")}
              </th>
              <th scope="col" className="people-figure">
                {t("try.listPrice")}
              </th>
              <th scope="col" className="people-figure">
                {t("try.paid")}
              </th>
              <th scope="col">{t("try.shares")}</th>
            </tr>
          </thead>
          <tbody>
            {quote.lines.flatMap((line) =>
              line.units.map((run, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: runs of a line have no identity but their place
                <tr key={`${line.line_id}/${index}`}>
                  <td className="mono">{line.product_id}</td>
                  <td className="people-figure">{format.count(run.units)}</td>
                  <td className="people-figure">{money(run.list_minor)}</td>
                  <td className="people-figure">{money(run.paid_minor)}</td>
                  <td className="faint">
                    {run.shares.map((share) => `${share.offer_id} −${money(share.off_minor)}`).join(", ")}
                  </td>
                </tr>
              )),
            )}
            <tr>
              <td>{t("try.freight")}</td>
              <td />
              <td className="people-figure">{money(quote.freight_minor)}</td>
              <td className="people-figure">{money(quote.freight_minor - quote.freight_discount_minor)}</td>
              <td />
            </tr>
          </tbody>
        </table>
      </Panel>
      <div className="try-offers">
        <Panel title={t("try.applied")} label={t("try.applied")}>
          <ul className="reasons">
            {quote.applied.length === 0 && <li className="faint">{t("try.noneApplied")}</li>}
            {quote.applied.map((one) => (
              <li key={one.offer_id} data-applied={one.offer_id}>
                <strong>{one.name}</strong>
                <span>−{money(one.off_minor + one.freight_off_minor)}</span>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title={t("try.rejected")} label={t("try.rejected")}>
          <ul className="reasons">
            {quote.rejected.length === 0 && <li className="faint">{t("try.noneRejected")}</li>}
            {quote.rejected.map((one) => (
              <li key={one.offer_id} data-rejected={one.offer_id}>
                <strong>{one.name}</strong>
                <span>{one.words[language]}</span>
                {one.unlock != null && <span className="unlock">{one.unlock[language]}</span>}
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      {!quote.best && <Alert type="info" showIcon title={t("try.notBest")} />}
    </>
  );
}
