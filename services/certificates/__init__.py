"""The certificates service: what was approved is certified, once, for everyone to look up.

Process   steps 7 and 8 of SKOOPI's model
Streams   issuance-{application_id}, certificate-{certificate_id}, number-{uuid5 of the number},
          erasure-{subject_id}, hold-{subject_id}
Hears     asf.review.events.v1        CertificationApproved
          asf.intake.events.v1        AgreementCountersigned, InvoiceSettled
          asf.certificates.events.v1  IssuanceCleared
Says      asf.certificates.events.v1  CertificateIssued, ListingConsentGiven, CertificateExpired, ...
          asf.certificates.public.v1, asf.certificates.register.v1   for outsiders
Serves    /v1/certificates            anyone; signatories for their own
"""
