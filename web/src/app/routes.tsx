import type { RouteObject } from "react-router";
import { CrashPage } from "./CrashPage";

/**
 * Every page is a chunk of its own. Office pages live in the office frame, which brings the component kit; the pages
 * of a meeting stand alone and bring only what they show.
 */
export const routes: RouteObject[] = [
  {
    ErrorBoundary: CrashPage,
    // Nothing to show while the first chunk comes: the page is blank for a moment either way.
    HydrateFallback: () => null,
    children: [
      { path: "/vao-hop", lazy: () => import("~/pages/prejoin/PrejoinPage") },
      { path: "/cuoc-hop/:id/vao", lazy: () => import("~/pages/prejoin/PrejoinPage") },
      { path: "/phong/:id", lazy: () => import("~/pages/meeting/MeetingPage") },
      {
        lazy: () => import("~/office/OfficeRoot"),
        children: [
          { path: "/dang-nhap", lazy: () => import("~/pages/signin/SignInPage") },
          {
            lazy: () => import("~/office/OfficeFrame"),
            children: [
              { index: true, lazy: () => import("~/pages/calendar/CalendarPage") },
              { path: "/cuoc-hop", lazy: () => import("~/pages/briefings/BriefingsPage") },
              { path: "/cuoc-hop/:id", lazy: () => import("~/pages/briefing/BriefingPage") },
              { path: "/cuoc-hop/:id/sua", lazy: () => import("~/pages/booking/BookingPage") },
              { path: "/dat-lich", lazy: () => import("~/pages/booking/BookingPage") },
              { path: "/diem-cau", lazy: () => import("~/pages/points/PointsPage") },
              { path: "/duong-truyen", lazy: () => import("~/pages/lines/LinesPage") },
              { path: "/thu-moi", lazy: () => import("~/pages/mail/MailPage") },
              { path: "/quan-tri", lazy: () => import("~/pages/admin/AdminPage") },
              { path: "*", lazy: () => import("~/pages/notfound/NotFoundPage") },
            ],
          },
        ],
      },
    ],
  },
];
