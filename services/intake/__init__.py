"""The intake service: from the first interest to a group that works side by side.

Process   steps 1 to 3 of SKOOPI's model, and the group of step 5
Streams   application-{application_id}, organisation-{uuid5 of its number}, round-{round_id},
          group-{group_id}, invoice-{invoice_id}, invoiceseries-{one}, mandate-{person_id},
          erasure-{subject_id}, hold-{subject_id}
Hears     asf.intake.events.v1     InterestRegistered, ApplicantAdmitted (its own)
          asf.review.events.v1     AppointmentMade, TieDeclared
Says      asf.intake.events.v1     InterestRegistered, ApplicationSubmitted, ApplicantAdmitted,
                                   ApplicationDeferred, ApplicationRejected, AgreementCountersigned,
                                   InvoiceSettled, ApplicantEnrolled, GroupStarted, RoundStarted, ...
Serves    /v1/applications         applicants, signatories, project leaders, screeners
          /v1/rounds, /v1/requirements, /v1/surveys    anyone
          /v1/groups, /v1/invoices project leaders, steering group, registrars
"""
