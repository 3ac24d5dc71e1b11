/** Which address shows which page. Each page is a chunk of its own. */
import { lazy, Suspense } from "react";
import { createBrowserRouter, Navigate, Outlet, RouterProvider, useLocation } from "react-router";
import { useEndOfSession, useSession } from "../session/session";
import { Failed, Loading } from "../ui/Page";
import { NotFound, PageBroke } from "./NotFound";
import { Shell } from "./Shell";

const SignIn = lazy(() => import("../session/SignIn"));
const Overview = lazy(() => import("../overview/OverviewPage"));
const Insights = lazy(() => import("../insights/InsightsPage"));
const Dashboards = lazy(() => import("../dashboards/DashboardsPage"));
const DashboardPage = lazy(() => import("../dashboards/DashboardPage"));
const SharedDashboard = lazy(() => import("../dashboards/SharedPage"));
const Goals = lazy(() => import("../goals/GoalsPage"));
const Alerts = lazy(() => import("../alerts/AlertsPage"));
const Reports = lazy(() => import("../reports/ReportsPage"));
const Metrics = lazy(() => import("../metrics/MetricsPage"));
const Live = lazy(() => import("../live/LivePage"));
const People = lazy(() => import("../people/PeoplePage"));
const Person = lazy(() => import("../people/PersonPage"));
const Buyers = lazy(() => import("../buyers/BuyersPage"));
const Segments = lazy(() => import("../segments/SegmentsPage"));
const Segment = lazy(() => import("../segments/SegmentPage"));
const SegmentEditor = lazy(() => import("../segments/SegmentEditor"));
const Tags = lazy(() => import("../tags/TagsPage"));
const Tag = lazy(() => import("../tags/TagPage"));
const TagEditor = lazy(() => import("../tags/TagEditor"));
const Clusters = lazy(() => import("../clusters/ClustersPage"));
const Needs = lazy(() => import("../needs/NeedsPage"));
const Campaigns = lazy(() => import("../campaigns/CampaignsPage"));
const NewCampaign = lazy(() => import("../campaigns/NewCampaign"));
const Campaign = lazy(() => import("../campaigns/CampaignPage"));
const Offers = lazy(() => import("../offers/OffersPage"));
const NewOffer = lazy(() => import("../offers/NewOffer"));
const Offer = lazy(() => import("../offers/OfferPage"));
const Commissions = lazy(() => import("../commissions/CommissionsPage"));
const Sharer = lazy(() => import("../commissions/SharerPage"));
const Levels = lazy(() => import("../levels/LevelsPage"));
const Member = lazy(() => import("../levels/MemberPage"));
const Plays = lazy(() => import("../plays/PlaysPage"));
const Play = lazy(() => import("../plays/PlayPage"));
const NewPlay = lazy(() => import("../plays/PlayPage").then((page) => ({ default: page.NewPlay })));
const Codes = lazy(() => import("../codes/CodesPage"));
const Ledger = lazy(() => import("../ledger/LedgerPage"));
const Webhooks = lazy(() => import("../webhooks/WebhooksPage"));
const Webhook = lazy(() => import("../webhooks/WebhookPage"));
const Sources = lazy(() => import("../sources/SourcesPage"));
const Operations = lazy(() => import("../operations/OperationsPage"));
const Sql = lazy(() => import("../sql/SqlPage"));
const Settings = lazy(() => import("../settings/SettingsPage"));

/** Everything but the sign-in page needs somebody signed in. */
function Gate() {
  useEndOfSession();
  const session = useSession();
  const { pathname, search } = useLocation();
  const entering = pathname === "/sign-in";
  if (session.isPending)
    return (
      <Centre>
        <Loading />
      </Centre>
    );
  if (session.isError)
    return (
      <Centre>
        <Failed error={session.error} retry={() => session.refetch()} />
      </Centre>
    );
  if (session.data === null && !entering) {
    return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  }
  if (session.data !== null && entering) return <Navigate to={nextPage(search)} replace />;
  return (
    <Suspense
      fallback={
        <Centre>
          <Loading />
        </Centre>
      }
    >
      <Outlet />
    </Suspense>
  );
}

/** Where to go after signing in: only ever a page of this console. */
function nextPage(search: string): string {
  const next = new URLSearchParams(search).get("next");
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

function Centre({ children }: { children: React.ReactNode }) {
  return <div className="centre">{children}</div>;
}

const router = createBrowserRouter([
  {
    // By a link, without anybody signed in.
    path: "/shared",
    errorElement: <PageBroke />,
    element: (
      <Suspense
        fallback={
          <Centre>
            <Loading />
          </Centre>
        }
      >
        <SharedDashboard />
      </Suspense>
    ),
  },
  {
    element: <Gate />,
    errorElement: <PageBroke />,
    children: [
      { path: "/sign-in", element: <SignIn /> },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <PageBroke />,
            children: [
              { index: true, element: <Overview /> },
              { path: "insights/:view?", element: <Insights /> },
              { path: "metric-tree", element: <Metrics /> },
              { path: "dashboards", element: <Dashboards /> },
              { path: "dashboards/:id", element: <DashboardPage /> },
              { path: "goals", element: <Goals /> },
              { path: "alerts", element: <Alerts /> },
              { path: "reports", element: <Reports /> },
              { path: "live", element: <Live /> },
              { path: "people", element: <People /> },
              { path: "people/:key", element: <Person /> },
              { path: "buyers/:view?", element: <Buyers /> },
              { path: "segments", element: <Segments /> },
              { path: "segments/new", element: <SegmentEditor key="new" /> },
              { path: "segments/:id", element: <Segment /> },
              { path: "segments/:id/edit", element: <SegmentEditor key="edit" /> },
              { path: "tags", element: <Tags /> },
              { path: "tags/new", element: <TagEditor key="new" /> },
              { path: "tags/:id", element: <Tag /> },
              { path: "tags/:id/edit", element: <TagEditor key="edit" /> },
              { path: "clusters", element: <Clusters /> },
              { path: "needs", element: <Needs /> },
              { path: "offers", element: <Offers /> },
              { path: "offers/new", element: <NewOffer /> },
              { path: "offers/:id", element: <Offer /> },
              { path: "campaigns", element: <Campaigns /> },
              { path: "campaigns/new", element: <NewCampaign /> },
              { path: "campaigns/:id", element: <Campaign /> },
              { path: "levels", element: <Levels /> },
              { path: "levels/:id", element: <Member /> },
              { path: "commissions", element: <Commissions /> },
              { path: "commissions/:id", element: <Sharer /> },
              { path: "plays", element: <Plays /> },
              { path: "plays/new", element: <NewPlay /> },
              { path: "plays/:id", element: <Play /> },
              { path: "codes", element: <Codes /> },
              { path: "ledger", element: <Ledger /> },
              { path: "webhooks", element: <Webhooks /> },
              { path: "webhooks/:id", element: <Webhook /> },
              { path: "sources", element: <Sources /> },
              { path: "sql", element: <Sql /> },
              { path: "operations", element: <Operations /> },
              { path: "settings", element: <Settings /> },
              { path: "*", element: <NotFound /> },
            ],
          },
        ],
      },
    ],
  },
]);

export function Routes() {
  return <RouterProvider router={router} />;
}
