/** Who it is, in a table: the name or key, which leads to the person's page. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import { UserOutlined } from "../ui/icons";
import { personPath, shortId, toneOf } from "./person";
import "./people.css";

interface Props {
  personId: string;
  shopperKey: string;
  name?: string | null | undefined;
  /** Beside the name, such as what tells this person from others. */
  children?: ReactNode;
}

export function PersonCell({ personId, shopperKey, name, children }: Props) {
  return (
    <div className="person-cell">
      <span className={`person-mark person-mark-${toneOf(personId)}`} aria-hidden="true">
        {name == null ? <UserOutlined /> : Array.from(name)[0]?.toUpperCase()}
      </span>
      <span className="person-names">
        <Link to={personPath(shopperKey)} className={name == null ? "mono" : ""}>
          {name ?? shopperKey}
        </Link>
        <small className="mono" title={personId}>
          {name == null ? "" : `${shopperKey} · `}
          {shortId(personId)}
        </small>
        {children}
      </span>
    </div>
  );
}
