"""The notify service: letters to the people concerned, in their language. It never decides.

Process   every step that somebody must be told of: receipt, admission, deferral, decision, ...
Streams   notification-{notification_id}, erasure-{subject_id}, hold-{subject_id}
Hears     asf.intake.events.v1         InterestRegistered, ApplicantAdmitted, ApplicationDeferred, ...
          asf.review.events.v1         DeadlineReminded, CertificationApproved, CertificationRefused
          asf.certificates.events.v1   CertificateIssued
Says      asf.notify.events.v1         NotificationPlanned, NotificationSent, NotificationGivenUp, ...
Serves    /v1/notifications            registrars, project leaders, auditors
"""
