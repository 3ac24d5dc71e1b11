/** What sells best, by revenue. */
import { Panel } from "../ui/Page";
import type { Drawing } from "./options";

export function TopProducts({ drawing }: { drawing: Drawing }) {
  const { overview, format, t } = drawing;
  const products = overview.top_products;
  const currency = overview.currency ?? null;
  const best = Math.max(1, ...products.map((product) => product.revenue_minor));
  const title = t("overview.topProducts");
  return (
    <Panel label={title} title={title}>
      {products.length === 0 ? (
        <p className="panel-empty">{t("overview.noProducts")}</p>
      ) : (
        <div className="table-holder table-open">
          <table className="figures-table products">
            <caption className="sr-only">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{t("product.product")}</th>
                <th scope="col" className="product-bar-head">
                  <span className="sr-only">{t("product.compared")}</span>
                </th>
                <th scope="col">{t("figure.revenue")}</th>
                <th scope="col">{t("product.units")}</th>
                <th scope="col">{t("figure.orders")}</th>
              </tr>
            </thead>
            <tbody>
              {products.map((product, index) => (
                <tr key={product.product_id}>
                  <th scope="row">
                    <div className="product">
                      <span className="product-rank">{index + 1}</span>
                      <span className="product-name">
                        {product.name == null || product.name === "" ? product.product_id : product.name}
                        <small className="mono">{product.product_id}</small>
                      </span>
                    </div>
                  </th>
                  <td className="product-bar">
                    <i style={{ width: `${Math.max(0, (product.revenue_minor / best) * 100)}%` }} />
                  </td>
                  <td>{format.money(product.revenue_minor, currency)}</td>
                  <td>{format.count(product.units)}</td>
                  <td>{format.count(product.orders)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
